// Pages of a search: they end with the membership of the user who asked for the first.
import t from 'tap';
import { Work } from '../../src/directory/work.js';
import { dispatch } from '../../src/gate/dispatch.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { anonymousSession, type Session, withIdentity } from '../../src/gate/session.js';
import type { World } from '../../src/gate/world.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { searchRequest } from '../support/client.js';
import { BASE, userDN } from '../support/proxy.js';
import { ALONE, makeWorld, snapshotOf } from '../support/world.js';

const NOBODY = anonymousSession('clear', '192.0.2.1');
const CODES = { success: 0, unwillingToPerform: 53 };

/** One page of one entry: its names, its code, and the cookie of the next. */
function page(session: Session, context: World, cookie: Buffer) {
  const value = encodePagedResults({ size: 1, cookie });
  const controls = [{ type: ControlType.pagedResults, critical: true, value }];
  const op = searchRequest({ base: BASE, filter: '(uid=*)' });
  const outcome = dispatch({ messageID: 5, op, controls }, session, context, ALONE);
  const names: string[] = [];
  if (!('running' in outcome)) return { names, code: codeOf(outcome.response), next: undefined };
  for (;;) {
    const progress = outcome.running.advance(new Work(Number.POSITIVE_INFINITY), 0);
    if (progress === 'again' || progress === 'waiting') continue;
    if ('kind' in progress) {
      if (progress.kind === 'searchResultEntry') names.push(progress.objectName);
      continue;
    }
    const control = 'controls' in progress ? progress.controls?.[0] : undefined;
    const next = control?.value === undefined ? undefined : decodePagedResults(control.value).cookie;
    return { names, code: codeOf(progress.response), next };
  }
}

function codeOf(response: unknown): number {
  return (response as { result: { code: number } }).result.code;
}

for (const [what, after, personOf] of [
  ['is no longer a member', ['ben', 'cyn'], undefined],
  ['has lost the name to another account', ['ada', 'ben', 'cyn'], (uid: string) => `second ${uid}`],
] as const)
  t.test(`there is no further page for somebody who ${what}`, async (t) => {
    let snapshot = snapshotOf(['ada', 'ben', 'cyn'], 1000, (uid) => `first ${uid}`);
    const { context } = makeWorld({ userSearch: 'all', snapshot: () => snapshot });
    const session = withIdentity(NOBODY, { kind: 'user', uid: 'ada', person: 'first ada', dn: userDN('ada') });
    const first = page(session, context, Buffer.alloc(0));
    t.same(first.names, [userDN('ada')]);
    const second = page(session, context, first.next ?? Buffer.alloc(0));
    t.same(second, { names: [userDN('ben')], code: CODES.success, next: second.next }, 'as long as it is one');
    snapshot = snapshotOf(after, 1000, personOf);
    const third = page(session, context, second.next ?? Buffer.alloc(0));
    t.same(third.names, []);
    t.equal(third.code, CODES.unwillingToPerform);
  });
