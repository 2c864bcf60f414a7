// One HTTP exchange: a request, and an answer whose time and size are bounded. Nothing secret is in what it throws.
import { CloudError } from '../ports.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** In messages: the call without its host. */
  readonly name: string;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

/** What is needed of Node's fetch, or of undici's behind a proxy. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly redirect: 'error';
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface Bounds {
  /** Milliseconds for the whole exchange. */
  readonly time: number;
  /** The most bytes of the answer. */
  readonly octets: number;
  /** Ends what is under way. */
  readonly stop: AbortSignal;
}

/** Rejects with a CloudError alone: `slow`, `away`, `garbled`, `stopped`. A credential follows no redirect. */
export async function exchange(
  fetch: Fetch,
  request: HttpRequest,
  { time, octets, stop }: Bounds,
): Promise<HttpAnswer> {
  const { method, url, headers, body, name } = request;
  const late = AbortSignal.timeout(time);
  const signal = AbortSignal.any([late, stop]);
  try {
    const init = { method, headers, signal, redirect: 'error', ...(body === undefined ? {} : { body }) } as const;
    const answer = await fetch(url, init);
    // What is refused or broken says so by its status: its body may be anything.
    const text = answer.status === 200 ? await bodyOf(answer, octets, name) : await leaveBody(answer);
    return { status: answer.status, header: (wanted) => answer.headers.get(wanted) ?? undefined, text };
  } catch (error) {
    if (error instanceof CloudError) throw error;
    if (stop.aborted) throw new CloudError('stopped', `${name}: stopped`);
    if (late.aborted) throw new CloudError('slow', `${name}: no answer within ${time} ms`);
    throw new CloudError('away', `${name}: ${causeOf(error)}`);
  }
}

async function bodyOf({ body }: FetchAnswer, most: number, name: string): Promise<string> {
  if (body === null) return '';
  const parts: Uint8Array[] = [];
  let octets = 0;
  for await (const part of body) {
    octets += part.length;
    // Leaving the loop ends the connection.
    if (octets > most) throw new CloudError('garbled', `${name}: the answer has more than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Lets the connection go. */
async function leaveBody({ body }: FetchAnswer): Promise<string> {
  await (body as { cancel?(): Promise<void> } | null)?.cancel?.();
  return '';
}

/** What lies beneath fetch's "fetch failed", made short. */
function causeOf(error: unknown): string {
  const { cause, message = String(error) } = error as {
    cause?: { code?: unknown; message?: unknown };
    message?: string;
  };
  // What fetch says of a header that it cannot send has the header in it.
  if (cause === undefined && error instanceof TypeError) return 'the request could not be sent';
  return String(cause?.code ?? cause?.message ?? message).slice(0, 200);
}
