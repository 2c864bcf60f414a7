// A name that another account has later: nothing that the former owner has left behind lets anybody in, or shows anything, as the new one.
import t from 'tap';
import { authorize } from '../../../src/gate/authorize.js';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { extended } from '../../../src/gate/extended.js';
import type { Lookup, Verdict } from '../../../src/gate/ports.js';
import { anonymousSession, type Session } from '../../../src/gate/session.js';
import { Oid } from '../../../src/ldap/message.js';
import { Budget } from '../../../src/server/budget.js';
import { simpleBind } from '../../support/client.js';
import { makeWorld, snapshotOf, type TestWorld } from '../../support/world.js';

const NOBODY = anonymousSession('clear', '192.0.2.1');
const NOTHING = { size: 0, has: () => false, ranked: new Budget(() => 0, '') };
const REFUSED: Verdict = { kind: 'refused' };
const DOWN: Verdict = { kind: 'trouble', code: 52, reason: 'upstream-unreachable', detail: 'no route' };

/** Whose name ada is changes. */
function make() {
  let owner = 'first';
  const world = makeWorld({ snapshot: () => snapshotOf(['ada', 'ben'], 1000, (uid) => `${owner} ${uid}`) });
  const change = (to: string) => {
    owner = to;
  };
  return { world, change };
}

/** The code and the session, if the upstream answers with this verdict where it is asked. */
function logIn({ context, asked }: TestWorld, verdict: Verdict): { code: number | undefined; session: Session } {
  const operation = new BindOperation(simpleBind('ada', 'right'), NOBODY, context);
  const before = asked.length;
  let end = operation.advance();
  if (end === 'waiting') {
    asked[before]?.answer(verdict);
    end = operation.advance();
  }
  if (end === 'waiting') return { code: undefined, session: NOBODY };
  const { response, session = NOBODY } = end;
  return { code: (response as { result: { code: number } }).result.code, session };
}

t.test('a password that was accepted for the former owner is verified again', async (t) => {
  const { world, change } = make();
  t.equal(logIn(world, { kind: 'accepted' }).code, 0);
  t.equal(logIn(world, REFUSED).code, 0, 'it is cached');
  change('second');
  t.equal(logIn(world, REFUSED).code, 49);
  t.equal(world.asked.length, 2);
});

t.test('in an outage it does not count as accepted before', async (t) => {
  const { world, change } = make();
  const { credentialCache } = world.context;
  const key = (owner: string) => credentialCache.keyOf('ada', Buffer.from('right'), false, `${owner} ada`);
  t.equal(logIn(world, { kind: 'accepted' }).code, 0);
  change('second');
  world.setAway(true);
  t.not(logIn(world, DOWN).code, 0);
  t.equal(
    credentialCache.recall(key('first'), () => undefined),
    'accepted',
    'of the former owner it is known',
  );
  t.equal(credentialCache.recallForOutage(key('second')), undefined);
});

t.test('a session of the former owner shows nothing of the new one', async (t) => {
  const { world, change } = make();
  const { session } = logIn(world, { kind: 'accepted' });
  const visible = () => {
    const view = authorize(session, world.context);
    return typeof view === 'string' ? view : view.entries.some(({ uid }) => uid === 'ada');
  };
  const who = () => {
    const request = { kind: 'extendedRequest', requestName: Oid.whoAmI } as const;
    const { response } = extended(request, session, world.context, NOTHING);
    return response?.kind === 'extendedResponse' ? String(response.responseValue) : undefined;
  };
  t.equal(visible(), true);
  t.match(who(), /^dn:uid=ada,/);
  change('second');
  t.equal(visible(), false);
  t.equal(who(), '', 'nor is it told that it is the new one');
  change('first');
  t.equal(visible(), true);
  t.match(who(), /^dn:uid=ada,/);
});

t.test('where the copy is old, the confirmation says whose name it is', async (t) => {
  for (const [owner, verdict, code] of [
    ['first', REFUSED, 0],
    ['second', REFUSED, 49],
    ['second', { kind: 'accepted' }, 0],
  ] as const) {
    const world = makeWorld({ membershipAge: -1, snapshot: () => snapshotOf(['ada'], 1000, () => 'first ada') });
    const { asked, lookedUp } = world;
    const bind = (person: string, answer: Verdict) => {
      const operation = new BindOperation(simpleBind('ada', 'right'), NOBODY, world.context);
      const before = asked.length;
      operation.advance();
      lookedUp.at(-1)?.answer({ kind: 'member', uid: 'ada', upstreamDN: '', person });
      let end = operation.advance();
      for (let i = before; i < asked.length; i++) {
        asked[i]?.answer(answer);
        end = operation.advance();
      }
      return end === 'waiting' ? undefined : end;
    };
    t.match(bind('first ada', { kind: 'accepted' })?.response, { result: { code: 0 } });
    const end = bind(`${owner} ada`, verdict);
    t.match(end?.response, { result: { code } }, `${owner}, ${verdict.kind}`);
    t.equal(asked.length, owner === 'first' ? 1 : 2);
    if (code === 0) t.match(end?.session?.identity, { person: `${owner} ada` });
  }
});

t.test('a session that began before the list was there is bound to the account that the look-up found', async (t) => {
  for (const [person, expected] of [
    ['second new', false],
    ['first new', true],
    [undefined, true],
  ] as const) {
    const there = makeWorld({ snapshot: () => snapshotOf(['new'], 1000, () => 'first new') });
    const world = makeWorld();
    const operation = new BindOperation(simpleBind('new', 'right'), NOBODY, world.context);
    operation.advance();
    const found: Lookup = { kind: 'member', uid: 'new', upstreamDN: '', ...(person === undefined ? {} : { person }) };
    world.lookedUp[0]?.answer(found);
    operation.advance();
    world.asked[0]?.answer({ kind: 'accepted' });
    const end = operation.advance();
    const view = end === 'waiting' ? '' : authorize(end.session ?? NOBODY, there.context);
    t.equal(typeof view !== 'string' && view.entries.some(({ uid }) => uid === 'new'), expected, String(person));
  }
});
