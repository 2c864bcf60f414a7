// `jumpgate healthcheck` and `jumpgate purge`: ask the ops port of a running instance.
import { request } from 'node:http';
import type { CliIo } from './io.js';

const TIME = 3000;
/** Milliseconds from one question to the next while waiting. */
const AGAIN = 200;

/** Exit code 0 if the answer is 200 within three seconds, or within `wait` ms after as many questions as it takes; else 1. */
export async function healthcheck(url: string, wantsReady: boolean, wait: number, io: CliIo): Promise<number> {
  const target = `${url.replace(/\/$/, '')}/${wantsReady ? 'readyz' : 'healthz'}`;
  const late = Date.now() + wait;
  for (;;) {
    const fault = await ask(target, 'GET').then(
      ({ status }) => (status === 200 ? undefined : `answered ${status}`),
      (error: unknown) => (error as Error).message,
    );
    if (fault === undefined) return 0;
    if (Date.now() >= late) {
      io.stderr.write(`jumpgate: ${target}: ${fault}\n`);
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

/** Has one account forgotten: its remembered passwords and its attempts. Exit code 1 if nobody could be told so. */
export async function purge(url: string, user: string, token: string | undefined, io: CliIo): Promise<number> {
  const target = `${url.replace(/\/$/, '')}/purge?user=${encodeURIComponent(user)}`;
  try {
    const { status, body } = await ask(target, 'POST', { token });
    if (status !== 200) throw new Error(`answered ${status}: ${body.trim()}`);
    const { remembered } = JSON.parse(body) as { remembered: boolean };
    io.stdout.write(`${user}: ${remembered ? 'forgotten' : 'nothing was remembered'}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${target}: ${(error as Error).message}\n`);
    return 1;
  }
}

export interface AskOptions {
  /** Of the ops port, where one is set. */
  readonly token?: string | undefined;
  readonly sent?: string;
  /** Milliseconds. */
  readonly time?: number;
}

/** One request. Rejects with an Error if there is no answer in time. */
export async function ask(
  target: string,
  method: 'GET' | 'POST',
  { token, sent, time = TIME }: AskOptions = {},
): Promise<{ status: number; body: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asked = request(target, { method, headers, timeout: time }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${time} ms`)));
    asked.on('error', reject);
    asked.end(sent);
  });
}
