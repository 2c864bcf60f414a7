// What a connection says of a bind, and what that says of the password and of the upstream.
import type { Verdict } from '../gate/ports.js';
import type { PolicyNews } from '../ldap/message.js';

export type Cause = 'network' | 'tls' | 'timeout' | 'garbage' | 'busy' | 'unavailable';

/** What became of a bind on a connection. */
export type BindAnswer =
  | { readonly kind: 'result'; readonly code: number; readonly policy?: PolicyNews }
  /** `hadAnswer`: at least one byte came back after the bind was sent. */
  | { readonly kind: 'broken'; readonly cause: Cause; readonly detail: string; readonly hadAnswer: boolean }
  | { readonly kind: 'timeout' };

export interface ConnectFault {
  readonly cause: Cause;
  readonly detail: string;
}

/** The two that nearly all binds get. */
export const SUCCESS: BindAnswer = Object.freeze({ kind: 'result', code: 0 });
export const WRONG_PASSWORD: BindAnswer = Object.freeze({ kind: 'result', code: 49 });
const ACCEPTED: Verdict = Object.freeze({ kind: 'accepted' });
const REFUSED: Verdict = Object.freeze({ kind: 'refused' });

type Trouble = Verdict & { kind: 'trouble' };

/** An answer that says nothing about the password. */
export function trouble(code: Trouble['code'], reason: Trouble['reason'], detail: string): Trouble {
  return { kind: 'trouble', code, reason, detail };
}

/** What the answer to any bind says against the address that gave it; undefined: nothing. */
export function faultOf(answer: BindAnswer): ConnectFault | undefined {
  switch (answer.kind) {
    case 'timeout':
      return { cause: 'timeout', detail: 'accepts connections and does not answer' };
    case 'broken':
      return { cause: answer.cause, detail: answer.detail };
    case 'result':
      if (answer.code === 51) return { cause: 'busy', detail: 'is busy (51)' };
      return answer.code === 52 ? { cause: 'unavailable', detail: 'is unavailable (52)' } : undefined;
  }
}

/** What is answered while an address, or the way to it, is at fault. */
export function outage({ cause, detail }: ConnectFault): Verdict {
  switch (cause) {
    case 'busy':
      return trouble(51, 'upstream-busy', detail);
    case 'unavailable':
      return trouble(52, 'upstream-error', detail);
    case 'tls':
      return trouble(52, 'upstream-tls', detail);
    case 'timeout':
      return trouble(52, 'upstream-timeout', detail);
    case 'network':
    case 'garbage':
      return trouble(52, 'upstream-unreachable', detail);
  }
}

/** Only 0 is success and only 49 speaks of the password (R78). `asked`: how often the upstream may have counted it. */
export function verdictOf({ code, policy }: BindAnswer & { kind: 'result' }, asked: number): Verdict {
  switch (code) {
    case 0:
      return policy === undefined ? ACCEPTED : { kind: 'accepted', policy };
    case 49:
      if (policy === undefined) return asked === 1 ? REFUSED : { kind: 'refused', asked };
      return asked === 1 ? { kind: 'refused', policy } : { kind: 'refused', asked, policy };
    case 51:
      return trouble(51, 'upstream-busy', 'the upstream is busy (51)');
    case 52:
      return trouble(52, 'upstream-error', 'the upstream is unavailable (52)');
    case 3:
    case 11:
      return trouble(code, 'upstream-error', `the upstream hit a limit (${code})`);
    default:
      return trouble(80, 'upstream-error', `the upstream answered the bind with code ${code}`);
  }
}
