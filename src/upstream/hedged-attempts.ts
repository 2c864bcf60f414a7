// One thing tried again and again while the earlier tries still hang: an old connection does not notice that its far end is back.

export interface Try<Result> {
  readonly result: Promise<Result>;
  /** Frees what the try holds; its result is then of no interest. */
  readonly cancel: () => void;
}

/**
 * Begins a try immediately and another one every `gap` ms, until one succeeds, one fails while no other is running, or `time` ms are over.
 * The first success counts; all other tries are cancelled. Rejects with the last failure, or with an Error about the time.
 */
export function hedgedAttempts<Result>(begin: () => Try<Result>, gap: number, time: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const running = new Set<Try<Result>>();
    const end = (winner: Try<Result> | undefined) => {
      clearInterval(next);
      clearTimeout(late);
      for (const each of running) if (each !== winner) each.cancel();
      running.clear();
    };
    const start = () => {
      const mine = begin();
      running.add(mine);
      mine.result.then(
        (result) => {
          if (!running.has(mine)) return mine.cancel();
          end(mine);
          resolve(result);
        },
        (error: unknown) => {
          mine.cancel();
          if (!running.delete(mine) || running.size > 0) return;
          end(undefined);
          reject(error as Error);
        },
      );
    };
    const next = setInterval(start, gap);
    const late = setTimeout(() => {
      end(undefined);
      reject(new Error(`no answer within ${time} ms`));
    }, time);
    start();
  });
}
