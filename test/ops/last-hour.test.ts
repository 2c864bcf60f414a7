// The sentence about the last hour at the top of the live page: it never says more than the counts do.
import t from 'tap';
import type { Reason } from '../../src/gate/reason.js';
import { lastHour } from '../../src/ops/page/last-hour.js';

const said = (...minutes: [Reason, number][][]) =>
  lastHour(minutes.map((reasons) => ({ reasons: new Map(reasons) }))).text.replace(/<[^>]*>/g, '');

t.test('logins and failures are counted over all minutes, and the three most frequent reasons are named', async (t) => {
  t.equal(said(), 'No login in the last hour.');
  t.equal(said([['ok', 1]]), '1 login in the last hour, none failed.');
  t.equal(said([['ok', 2]], [['ok', 3]]), '5 logins in the last hour, none failed.');
  t.equal(said([['wrong-password', 1]]), '1 of 1 login failed in the last hour: 1 wrong-password.');
  t.equal(
    said(
      [['wrong-password', 1]],
      [
        ['ok', 2],
        ['not-a-member', 1],
      ],
    ),
    '2 of 4 logins failed in the last hour: 1 wrong-password, 1 not-a-member.',
  );
  const many: [Reason, number][] = [
    ['wrong-password', 1],
    ['not-a-member', 5],
    ['unknown-name', 2],
    ['too-many-attempts', 1],
    ['upstream-tls', 1],
  ];
  t.equal(
    said(many),
    '10 of 10 logins failed in the last hour: 5 not-a-member, 2 unknown-name, 1 wrong-password, 2 others.',
  );
  t.equal(
    said(many.slice(0, 4)),
    '9 of 9 logins failed in the last hour: 5 not-a-member, 2 unknown-name, 1 wrong-password, 1 other.',
  );
  t.equal(
    said(many.slice(0, 3)),
    '8 of 8 logins failed in the last hour: 5 not-a-member, 2 unknown-name, 1 wrong-password.',
  );
});

t.test('it leads to the failures, and each reason to what it means', async (t) => {
  const { text } = lastHour([{ reasons: new Map([['wrong-password', 1]]) }]);
  t.match(text, '<a href="?show=failures" data-nav>1 of 1 login failed in the last hour</a>');
  t.match(text, '<a href="reasons#wrong-password">wrong-password</a>');
});
