// A promise that is not waited for without end.

/** What it brings, or undefined after `time` ms; the promise itself goes on. Rejects as it does, within that time. */
export async function withinTime<Result>(promise: Promise<Result>, time: number): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), time);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
