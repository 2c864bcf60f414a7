// `jumpgate healthcheck` and `jumpgate purge`: ask the ops port of a running instance.
import { ask } from './ask.js';
import { askLdap, type LdapPlace } from './ask-ldap.js';
import { instanceToken } from './instance-token.js';
import type { CliIo } from './io.js';

/** Milliseconds from one question to the next while waiting. */
const AGAIN = 200;

/** Where to ask an instance, and how: it rejects with an Error that says why nobody is well there. */
export interface Patient {
  readonly url: string;
  /** Where the URL comes from, for messages: '' if it was configured or given. */
  readonly origin: string;
  /** Resolves with what there is to say. */
  readonly ask: () => Promise<string>;
}

/** An instance by its ops port. */
export function byOpsPort(base: string, wantsReady: boolean): Patient {
  const url = `${base.replace(/\/$/, '')}/${wantsReady ? 'readyz' : 'healthz'}`;
  const question = async () => {
    const { status, body } = await ask(url, 'GET');
    if (status !== 200) throw new Error(`answered ${status}`);
    return wantsReady ? readinessText(body) : 'alive';
  };
  return { url, origin: '', ask: question };
}

/** An instance without one, by its LDAP port: that tells whether it lives, and nobody without a password whether it is ready. */
export function byLdap(place: LdapPlace): Patient {
  return {
    url: place.url,
    origin: '',
    ask: () => askLdap(place).then(() => 'alive (asked by LDAP: ops.http is false)'),
  };
}

/** Exit code 0 if it is up within three seconds, or, after as many attempts as fit, within `wait` ms; otherwise 1. A terminal gets the answer. */
export async function healthcheck({ url, origin, ask }: Patient, wait: number, io: CliIo): Promise<number> {
  const late = Date.now() + wait;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as Error);
    if (typeof answer === 'string') {
      if (io.stdout.isTTY === true) io.stdout.write(`${answer}\n`);
      return 0;
    }
    if (Date.now() >= late) {
      io.stderr.write(`jumpgate: ${url}${origin}: ${answer.message}\n`);
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

/** Of /readyz. */
function readinessText(body: string): string {
  try {
    const { snapshot } = JSON.parse(body) as { snapshot: { members?: number; ageSeconds?: number } };
    return `ready: ${snapshot.members ?? 0} members, read ${snapshot.ageSeconds ?? 0} s ago`;
  } catch {
    return 'ready';
  }
}

/** Makes an instance forget one account: its cached passwords and its attempts. Exit code 1 if the instance did not do so. */
export async function purge(url: string, user: string, token: string | undefined, io: CliIo): Promise<number> {
  const target = `${url.replace(/\/$/, '')}/purge?user=${encodeURIComponent(user)}`;
  try {
    const { status, body } = await ask(target, 'POST', { token: await instanceToken(url, token) });
    if (status !== 200) throw new Error(`answered ${status}: ${body.trim()}`);
    const { remembered } = JSON.parse(body) as { remembered: boolean };
    io.stdout.write(`${user}: ${remembered ? 'forgotten' : 'nothing was cached'}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${target}: ${(error as Error).message}\n`);
    return 1;
  }
}
