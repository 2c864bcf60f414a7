// What a route of the operator's HTTP port is: a method, a path, who may ask, and a function from the question to the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Asked {
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  /** True if the client may see everything: it is on this machine and no token is configured, or it has shown the token. */
  readonly isTrusted: boolean;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** True for what orchestrators ask without a token. */
  readonly isOpen?: true;
  /** A stream writes its answer itself. */
  readonly answer: (asked: Asked, response: ServerResponse) => Answer | 'stream' | Promise<Answer>;
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n`, headers };
}
