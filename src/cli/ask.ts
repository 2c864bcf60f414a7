// One request to the ops port of a running instance.
import { request } from 'node:http';

const TIME = 3000;

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
