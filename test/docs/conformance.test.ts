// docs/conformance.md says what the list of suites says, and the list is held to what a suite reports.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { conformancePage } from '../../docs/generate.js';
import { type Difference, judge, SUITES, type Suite } from '../conformance/suites.js';

t.test('docs/conformance.md is as npm run docs writes it', async (t) => {
  t.equal(readFileSync('docs/conformance.md', 'utf8'), conformancePage(), 'run npm run docs');
});

t.test('a line that is not listed fails a suite, and so does a listed one that is gone', async (t) => {
  const listed: Difference[] = [
    { shows: 'add:', reason: 'read-only' },
    { shows: 'TestModify', reason: 'read-only' },
  ];
  t.same(judge(listed, ['add: 53', 'add: 50', 'TestModify']), { unlisted: [], outdated: [] });
  t.same(judge(listed, ['add: 53', 'TestModify', 'TestSearch']), { unlisted: ['TestSearch'], outdated: [] });
  t.same(judge(listed, ['add: 53']), { unlisted: [], outdated: ['TestModify'] });
  t.same(judge([], []), { unlisted: [], outdated: [] });
});

t.test('each difference has a reason, and none covers everything', async (t) => {
  for (const [name, { source, asks, differences }] of Object.entries<Suite>(SUITES)) {
    t.match(source, /\d+\.\d+|Debian/, `${name}: a locked version`);
    t.match(asks, /^[A-Z].*\.$/, name);
    for (const { shows, reason } of differences) {
      t.ok(shows.length > 3, `${name}: ${shows}`);
      t.match(reason, /^[A-Z].*\.$/, `${name}: ${shows}`);
    }
  }
});
