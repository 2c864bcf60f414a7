// What is wrong at the moment and what to do about it, the worst first: one list for the top of the page.
import { REASONS } from '../../gate/explain/reasons.js';
import type { AppState, CertificateState, State } from '../state.js';
import { cloudProblems } from './cloud-lines.js';
import type { Problem } from './problem.js';
import { day, duration, minuteOf, withoutEcho } from './words.js';

/** Days below which a certificate is worth a word, and below which it is urgent. */
export const SOON = 21;
export const URGENT = 7;

const CHECK = 'Run jumpgate check: it tests each step of the way to JumpCloud and names the one that fails.';

/** `now`: milliseconds since 1970. */
export function problemsOf(state: State, now: number): Problem[] {
  const all = [
    ...unready(state),
    // What keeps the reader out is the cause of what follows.
    ...cloudProblems(state.cloud, now).filter(({ mood }) => mood === 'bad'),
    ...upstream(state),
    ...apps(state),
    ...certificates(state),
    ...cloudProblems(state.cloud, now).filter(({ mood }) => mood === 'warn'),
    ...fleet(state, now),
  ];
  return [...all.filter(({ mood }) => mood === 'bad'), ...all.filter(({ mood }) => mood === 'warn')];
}

function unready({
  ready,
  snapshot: { present, ageSeconds = 0 },
  upstream: { remedy, lastError, ...read },
}: State): Problem[] {
  if (ready) return [];
  if (!present)
    return [
      {
        mood: 'bad',
        title: 'The directory has not been read yet',
        detail: `${lastError === undefined ? '' : `${withoutEcho(lastError)}${triesText(read)}. `}Until it is, no application gets an answer.`,
        fix: remedy ?? CHECK,
      },
    ];
  const fix = REASONS['stale-snapshot'].remedy({ group: '', user: '' });
  return [{ mood: 'bad', title: `The copy of the directory is too old: ${duration(ageSeconds)}`, fix }];
}

function upstream({ ready, snapshot, upstream: { reachable, addresses, ...read }, binds }: State): Problem[] {
  const { lastError, remedy = CHECK, failures, failingSeconds } = read;
  const lasts = failingSeconds === undefined ? '' : ` for ${duration(failingSeconds)}`;
  const tries = triesText({ ...(failures === undefined ? {} : { failures }) });
  const noBinds = binds.lastError !== undefined;
  const searches = `earches are answered from the copy that is ${duration(snapshot.ageSeconds ?? 0)} old`;
  const goesOn = noBinds ? ` S${searches}; only cached logins work.` : ` Logins work; s${searches}.`;
  const detailOf = (error: string) => `${withoutEcho(error)}.`;
  // That it could not be read is said where it was never read.
  if (!reachable && !ready && !snapshot.present) return [];
  if (!reachable)
    return [
      {
        mood: 'bad',
        title: `JumpCloud ${lasts === '' ? 'cannot be read' : `has not been readable${lasts}`}${tries}`,
        detail: `${detailOf(lastError ?? binds.lastError ?? 'no reason is known')}${ready ? goesOn : ''}`,
        fix: remedy,
      },
    ];
  if (noBinds)
    return [
      {
        mood: 'bad',
        title: `JumpCloud cannot check passwords${downFor(addresses)}`,
        detail: `${detailOf(binds.lastError)} Only cached logins work.`,
        fix: REASONS['upstream-unreachable'].remedy({ group: '', user: '' }),
      },
    ];
  return lastError === undefined ? [] : [{ mood: 'warn', title: withoutEcho(lastError), fix: remedy }];
}

function triesText({ failures, failingSeconds }: Pick<State['upstream'], 'failures' | 'failingSeconds'>): string {
  if (failures === undefined) return '';
  const lasts = failingSeconds === undefined ? '' : ` in ${duration(failingSeconds)}`;
  return ` (${failures} ${failures === 1 ? 'try' : 'tries'}${lasts})`;
}

/** Since the last address went down. */
function downFor(addresses: State['upstream']['addresses']): string {
  const all = addresses.flatMap(({ downSeconds }) => (downSeconds === undefined ? [] : [downSeconds]));
  return all.length === 0 ? '' : ` for ${duration(Math.min(...all))}`;
}

function apps({ apps: all, snapshot }: State): Problem[] {
  return all.flatMap(({ name, members, missing = [] }: AppState): Problem[] => {
    const which = all.length > 1 ? `${name}: ` : '';
    const named = missing.join(', ');
    const fix = `In JumpCloud, User Groups: spell the group as it is there, bind it to JumpCloud LDAP and put users into it.`;
    if (snapshot.present && members === 0) {
      const detail = missing.length === 0 ? 'Its groups have no members.' : `Not there, or empty: ${named}.`;
      return [{ mood: 'bad', title: `${which}nobody may log in`, detail, fix }];
    }
    return missing.length === 0 ? [] : [{ mood: 'warn', title: `${which}groups not there, or empty: ${named}`, fix }];
  });
}

function certificates({ listener, upstream: { addresses } }: State): Problem[] {
  const own = 'Replace the files of listen.tls; they are read again automatically.';
  const theirs =
    'Only the owner of that host can replace it. If it is not JumpCloud’s, look who answers at upstream.urls.';
  return [
    ...expiry('The certificate of this endpoint', listener.certificate, own),
    ...addresses.flatMap(({ address, certificate }) => expiry(`The certificate of ${address}`, certificate, theirs)),
  ];
}

function expiry(whose: string, certificate: CertificateState | undefined, fix: string): Problem[] {
  if (certificate === undefined || certificate.daysLeft >= SOON) return [];
  const { daysLeft, notAfter } = certificate;
  const mood = daysLeft < URGENT ? 'bad' : 'warn';
  const title = daysLeft < 0 ? `${whose} has expired` : `${whose} expires in ${day(daysLeft)}`;
  return [{ mood, title, detail: `It is valid until ${notAfter.slice(0, 10)}.`, fix }];
}

function fleet({ fleet: shared }: State, now: number): Problem[] {
  if (shared?.trouble === undefined) return [];
  const lasts = duration(Math.max(0, now - Date.parse(shared.since)) / 1000);
  return [
    {
      mood: 'warn',
      title: `The fleet's store has been unusable for ${lasts} (since ${minuteOf(shared.since)})`,
      detail: `${withoutEcho(shared.trouble)}. Logins go on; each instance counts attempts on its own.`,
      fix: `Check the store at ${shared.store}, fleet.url and fleet.keyFile; jumpgate fleet lists the instances.`,
    },
  ];
}
