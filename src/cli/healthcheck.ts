// `jumpgate healthcheck` and `jumpgate purge`: ask the ops port of a running instance.
import { ask } from './ask.js';
import { instanceToken } from './instance-token.js';
import type { CliIo } from './io.js';

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
    const { status, body } = await ask(target, 'POST', { token: await instanceToken(url, token) });
    if (status !== 200) throw new Error(`answered ${status}: ${body.trim()}`);
    const { remembered } = JSON.parse(body) as { remembered: boolean };
    io.stdout.write(`${user}: ${remembered ? 'forgotten' : 'nothing was remembered'}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${target}: ${(error as Error).message}\n`);
    return 1;
  }
}
