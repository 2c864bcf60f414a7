// Calls of the embedded JumpCloud's API, by its key or a token.
import type { StandIn } from '../../src/demo/stand-in.js';

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** `query` begins with a question mark, if there is one. A `body` makes it a POST. */
export async function callConsole(
  { consoleUrl, apiKey }: StandIn,
  pathAndQuery: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = { 'x-api-key': apiKey },
): Promise<Called> {
  const post = { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(consoleUrl + pathAndQuery, {
    ...(body === undefined ? {} : post),
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A token for the service account's credentials; the status where there is none. */
export async function askToken(standIn: StandIn, secret = standIn.clientSecret): Promise<string | number> {
  const basic = Buffer.from(`${standIn.clientId}:${secret}`).toString('base64');
  const response = await fetch(standIn.console.urls.token, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&scope=api',
  });
  const answer = (await response.json()) as { access_token?: string };
  return answer.access_token ?? response.status;
}
