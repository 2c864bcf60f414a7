// Our own faults among what is thrown.

/** The programming error that this is, or that is its cause; undefined for a fault of the upstream or the network. */
export function defectIn(error: unknown): Error | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].find(isProgrammingError);
}

function isProgrammingError(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
