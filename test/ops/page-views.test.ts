// What somebody does with the live page: finds failures in a crowd, follows and sends links, copies commands. In a real browser, and by
// people who cannot see it, cannot use a mouse, or have a screen of any width.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t from 'tap';
import type { State } from '../../src/ops/state.js';
import { browser, withoutBrowser } from '../support/browser.js';
import { searchRequest } from '../support/client.js';
import { OpsPort, READY } from '../support/ops.js';
import { eventually } from '../support/proxy.js';

const skip = withoutBrowser;
const chrome = skip === false ? await browser(t) : (undefined as unknown as Awaited<ReturnType<typeof browser>>);

type Test = Parameters<typeof OpsPort.start>[0];

async function opened(t: Test, url: string, options: object = {}) {
  const context = await chrome.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector('#live.on');
  return page;
}

const refuse = (ops: OpsPort, user: string, address = '192.0.2.1') =>
  ops.operation(`uid=${user}`, { account: user, code: 49, reason: 'wrong-password', address });

const DOWN: State = {
  ...READY,
  snapshot: { ...READY.snapshot, ageSeconds: 240 },
  upstream: {
    ...{ reachable: false, lastError: '192.0.2.9:636: connect ECONNREFUSED 192.0.2.9:636' },
    ...{ remedy: 'Check upstream.urls.', failures: 35, failingSeconds: 240 },
    addresses: [{ address: '192.0.2.9:636', healthy: false, failures: 35, downSeconds: 240, connections: 0 }],
  },
  binds: { ...READY.binds, lastError: '192.0.2.9:636: connect ECONNREFUSED 192.0.2.9:636' },
};

const SPARE = { address: 'spare.example:636', healthy: true, failures: 0, connections: 0 };

t.test('a failure is still there after a thousand successes, and is what the page opens with', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  refuse(ops, 'ada');
  for (let i = 0; i < 1000; i++) ops.operation(`uid=n${i}`);
  const page = await opened(t, ops.url);
  t.equal(await page.locator('#operations > li').count(), 1);
  t.match(await page.textContent('#operations'), /uid=ada\s+wrong-password/);
  t.match(await page.textContent('#tabs'), /All 200\s*Failures 1\s*Searches 0/);
  await page.click('#operations summary');
  t.match(await page.textContent('#operations .why'), 'Users › ada: check whether the user is suspended', 'what to do');
  const about = page.locator('#operations .why a');
  t.equal(await about.getAttribute('href'), 'reasons#wrong-password');
  ops.operation('uid=more');
  refuse(ops, 'bob');
  await page.waitForSelector('#hold >> text=1 new');
  t.equal(await page.locator('#operations > li').count(), 1, 'what is read does not move away');
  await page.click('#operations summary');
  await page.locator('#operations > li', { hasText: 'uid=bob' }).waitFor();
  t.equal(await page.locator('#operations > li').count(), 2, 'a success is not a failure');
  await page.locator('#operations > li', { hasText: 'uid=bob' }).locator('summary').click();
  await about.first().click();
  await page.waitForURL(/\/reasons#wrong-password$/);
  t.match(await page.textContent('section:target'), /49 invalidCredentials/);
});

t.test('tabs, filters and single operations have links that others can open', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  refuse(ops, 'ada');
  refuse(ops, 'ada', '192.0.2.7');
  refuse(ops, 'bob');
  ops.operation('uid=carol49', { account: 'carol49' });
  const request = searchRequest({ base: 'dc=x', filter: '(uid=ada)', attributes: [] });
  ops.operation('dc=x', { operation: 'search', request, account: 'reader' });
  const page = await opened(t, ops.url);
  const rows = page.locator('#operations > li');
  const shows = (count: number) => eventually(async () => (await rows.count()) === count);
  await page.evaluate('window.stayed = true');
  await page.click('#tabs >> text=Searches');
  await shows(1);
  t.match(await page.textContent('#operations summary'), /search\s+\(uid=…\) reader/);
  await page.click('#tabs >> text=All');
  await shows(5);
  t.equal(await page.evaluate('document.activeElement.textContent.trim().startsWith("All")'), true, 'the focus stays');
  await page.fill('#q', '49');
  await shows(4);
  t.match(await page.textContent('#operations'), 'carol49', 'a code or a part of a name, and no port, time or address');
  await page.fill('#q', '');
  await shows(5);
  const ada = rows.filter({ hasText: '192.0.2.7' });
  await ada.locator('summary').click();
  await ada.locator('text=Only this user').click();
  await shows(2);
  t.match(page.url(), /\?show=all&user=ada$/);
  refuse(ops, 'bob');
  refuse(ops, 'ada');
  await shows(3);
  await page.click('.chip');
  await shows(7);
  t.equal(await page.evaluate('window.stayed'), true, 'the page was never left');
  await page.goBack();
  await shows(3);
  await rows.first().locator('summary').click();
  const link = await rows.first().locator('text=Link to this operation').getAttribute('href');
  const other = await opened(t, `${ops.url}/${link}`);
  t.equal(await other.locator('#operations > li').count(), 1);
  t.equal(await other.locator('#operations details[open]').count(), 1, 'it is unfolded');
  const still = await opened(t, `${ops.url}/?show=failures&address=192.0.2.7`);
  t.equal(await still.locator('#operations > li').count(), 1);
  const gone = await opened(t, `${ops.url}/?op=other-7`);
  t.match(await gone.textContent('#none'), 'This operation is no longer kept.');
  const wrong = await opened(t, `${ops.url}/?result=much`);
  t.match(await wrong.textContent('#none'), 'This filter is not understood: result is a code such as 49');
});

t.test('without a script tabs and links do the same', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  refuse(ops, 'ada');
  ops.operation('uid=bob', { account: 'bob' });
  const context = await chrome.newContext({ javaScriptEnabled: false });
  t.teardown(() => context.close());
  const page = await context.newPage();
  await page.goto(ops.url);
  t.equal(await page.locator('#operations > li').count(), 1);
  await page.click('#tabs >> text=All');
  t.equal(await page.locator('#operations > li').count(), 2);
  await page.click('#operations > li:first-child summary');
  await page.click('#operations > li:first-child >> text=Link to this operation');
  t.match(page.url(), /\?op=/);
  t.match(await page.textContent('#operations details[open]'), 'uid=bob');
});

t.test(
  'a search is copied as ldapsearch: base and attributes as they were, and no value of the filter',
  { skip },
  async (t) => {
    const ops = await OpsPort.start(t);
    const base = "ou=it's $(id) `id`,dc=x";
    const filter = '(&(userPassword=hunter2)(uid=*ada*))';
    const request = searchRequest({ base, filter, attributes: ['cn', '-y/etc/passwd', 'a\nb'] });
    ops.operation(base, { operation: 'search', request, account: 'reader' });
    const page = await opened(t, `${ops.url}/?show=searches`, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.click('#operations summary');
    await page.click('#operations .copy');
    await page.waitForSelector('#operations .copy >> text=Copied');
    const command = String(await page.evaluate('navigator.clipboard.readText()'));
    const words = execFileSync('sh', ['-c', `ldapsearch() { printf '%s\\n' "$@"; }; ${command}`])
      .toString()
      .split('\n');
    t.same(words, [
      ...['-x', '-H', 'ldap://127.0.0.1:1389', '-D', 'reader', '-W', '-b', base, '-s', 'sub', '--'],
      ...['(&(userPassword=VALUE)(uid=*VALUE*))', 'cn', '-y/etc/passwd', 'a\\u000ab', ''],
    ]);
    const all = [await page.content(), (await ops.ask('/?show=all')).body, (await ops.ask('/operations')).body].join();
    t.notMatch(all, 'hunter2');
    t.match((await ops.ask('/?show=all')).body, 'userPassword');
    const [link] = /\?op=[^"]+/.exec(all) ?? [];
    t.notMatch((await ops.ask(`/${link}`)).body, 'hunter2');
  },
);

t.test('a bind is copied as jumpgate explain, unless its name would be an option', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  refuse(ops, "o'hara; reboot");
  ops.operation('--url=http://evil', { code: 49, reason: 'unknown-name' });
  const page = await opened(t, ops.url);
  const commands = await page.locator('#operations .command code').allTextContents();
  t.same(commands, ["jumpgate explain 'uid=o'\\''hara; reboot'"]);
});

t.test('in an outage the first lines say what is down, since when, and what to do', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.state = DOWN;
  const page = await opened(t, ops.url, { viewport: { width: 1280, height: 900 } });
  const text = ((await page.textContent('#status')) ?? '').replace(/\s+/g, ' ');
  t.match(text, 'JumpCloud has not been readable for 4 min (35 tries)');
  t.match(
    text,
    '192.0.2.9:636: connect ECONNREFUSED. Searches are answered from the copy that is 4 min old',
    'named once',
  );
  t.match(text, 'Fix: Check upstream.urls.');
  t.match(await page.title(), /^▲/);
  t.equal(await page.locator('#directory .pill.good').count(), 0, 'an old copy is not green while reads fail');
  const spilled = `[...document.querySelectorAll('.pill')].filter((pill) => {
    const [own, card] = [pill, pill.closest('section,.card')].map((each) => each.getBoundingClientRect());
    return own.right > card.right || own.left < card.left;
  }).length`;
  for (const width of [360, 820, 1280, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    t.equal(await page.evaluate(spilled), 0, `no pill leaves its card at ${width}`);
    t.equal(
      await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      true,
      `nothing is wider than ${width}`,
    );
  }
});

t.test(
  'where reads fail and binds work, the card of JumpCloud says just that, and the other way round',
  { skip },
  async (t) => {
    const ops = await OpsPort.start(t);
    const card = async () => {
      const page = await opened(t, ops.url);
      const [brief, body] = [await page.textContent('#upstream-brief'), await page.textContent('#upstream')];
      return `${brief} | ${body}`.replace(/\s+/g, ' ');
    };
    t.match(await card(), /^up \| .*Binds ?work .*Reads ?work/);
    ops.state = { ...DOWN, binds: READY.binds, upstream: { ...DOWN.upstream, addresses: READY.upstream.addresses } };
    const reads = await card();
    t.match(reads, /^reads fail \| .*Binds ?work .*Reads ?fail for 4 min/);
    t.notMatch(reads, /\b(up|down)\b/);
    t.match((await ops.ask('/')).body, 'Logins work; searches are answered from the copy that is 4 min old.');
    ops.state = { ...DOWN, upstream: { reachable: true, addresses: DOWN.upstream.addresses } };
    t.match(await card(), /^binds fail \| .*Binds ?fail for 4 min .*Reads ?work/);
    ops.state = { ...READY, upstream: { reachable: true, addresses: [...READY.upstream.addresses, SPARE] } };
    t.match(
      await card(),
      /Binds ?work .*spare.example:636 Binds ?not tried yet/,
      'nothing is claimed of a spare address',
    );
    ops.state = DOWN;
    t.match(await card(), /^down \| .*Binds ?fail for 4 min .*Reads ?fail for 4 min/);
  },
);

t.test('before the first read one problem says why and what to do, not two', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.state = { ...DOWN, ready: false, snapshot: { present: false, maxStaleSeconds: 3600 } };
  const page = await opened(t, ops.url);
  t.equal(await page.locator('#status .trouble').count(), 1);
  t.match(
    ((await page.textContent('#status')) ?? '').replace(/\s+/g, ' '),
    'The directory has not been read yet 192.0.2.9:636: connect ECONNREFUSED (35 tries in 4 min). Until it is, no application gets an answer. Fix: Check upstream.urls.',
  );
});

t.test('a fleet has its line: the store, who reads, who counts; nothing of it for one alone', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const alone = await opened(t, ops.url);
  t.equal(await alone.locator('h2:visible', { hasText: 'Fleet' }).count(), 0);
  t.equal(await alone.locator('h2:visible', { hasText: 'Apps' }).count(), 0);
  const fleet = {
    ...{ instance: 'gate-1', store: 'rediss://valkey.example.com:6379', up: true, together: true },
    ...{ since: '2026-03-01T11:00:00.000Z', decisions: { store: 7, local: 2 } },
    reading: { role: 'reader', isReader: true, reads: { shared: 1, taken: 0, repeated: 0, alone: 0 } },
  } as const;
  ops.state = { ...READY, fleet };
  await alone.waitForSelector('#fleet >> text=read by this instance, for all');
  t.match(await alone.textContent('#fleet'), /up rediss:.*counted by all instances/);
  ops.state = {
    ...READY,
    fleet: { ...fleet, up: false, together: false, trouble: 'ECONNREFUSED: connect ECONNREFUSED' },
  };
  await alone.waitForSelector('#fleet-brief >> text=each for itself');
  t.match(await alone.textContent('#fleet'), /down rediss:.*read by each for itself.*counted by this instance alone/);
  t.match(
    await alone.textContent('#status'),
    /unusable for 1 h \(since 2026-03-01 11:00 UTC\)\s+connect ECONNREFUSED\./,
  );
});

const MANY: State = {
  ...READY,
  apps: ['gitlab', 'nextcloud-internal-production-12', 'vpn', 'jenkins', 'backup-server-amsterdam-02'].map(
    (name, i) => ({
      ...READY.apps[0]!,
      ...{ name, listeners: [`ldaps://127.0.0.1:2099${i}`] },
      ...(name === 'jenkins' ? { members: 0, missing: ['a-group-that-is-not-in-jumpcloud'] } : {}),
    }),
  ),
};

t.test(
  'many apps with long names: no word is cut in the table, and folded it counts the problems',
  { skip },
  async (t) => {
    const ops = await OpsPort.start(t);
    ops.state = MANY;
    ops.telemetry.apps = MANY.apps.map(({ name }) => name);
    for (const { name } of MANY.apps) ops.operation('uid=ada', { app: name, code: 49, reason: 'not-a-member' });
    const page = await opened(t, ops.url, { viewport: { width: 1280, height: 900 } });
    t.equal(await page.textContent('#apps-brief'), '1 of 5 with problems');
    const lines = `[...document.querySelectorAll('#apps th, #apps [data-title=Listeners] code')].filter((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4))).size > 1;
  }).map((each) => each.textContent)`;
    t.same(await page.evaluate(lines), [], 'each name, heading and URL is on one line');
    for (const width of [360, 820, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `fits ${width}`);
      t.equal(
        await page.evaluate(
          "document.querySelector('#apps table').scrollWidth <= document.querySelector('#apps').clientWidth",
        ),
        true,
        `the table stays in its card at ${width}`,
      );
    }
    const phone = await opened(t, ops.url, { viewport: { width: 360, height: 740 } });
    t.equal(await phone.locator('#apps:visible').count(), 0, 'folded on a phone');
    t.equal(await phone.locator('#apps-brief:visible').count(), 1);
  },
);

t.test('a plot has its scale beside it, empty or not; in details a name is on one line', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const page = await opened(t, ops.url, { viewport: { width: 1280, height: 900 } });
  const places = () =>
    page.evaluate(`['binds', 'latency'].map((id) => {
      const [scale, svg, ticks] = ['.scale', 'svg', '.ticks'].map((each) => document.querySelector('#' + id + ' ' + each).getBoundingClientRect());
      const blank = document.querySelector('#' + id + ' .blank')?.getBoundingClientRect() ?? svg;
      return [scale.right <= svg.left, svg.width > 400, ticks.top >= svg.bottom, blank.left >= svg.left && blank.right <= svg.right];
    })`);
  const right = [
    [true, true, true, true],
    [true, true, true, true],
  ];
  t.same(await places(), right, 'empty');
  const name = 'uid=yselda.mornwick-the-second,ou=Users,dc=example,dc=com';
  ops.operation(name, { account: 'yselda', code: 49, reason: 'wrong-password' });
  await page.waitForSelector('#binds rect.password');
  t.same(await places(), right);
  await page.click('#operations summary');
  const height = await page.evaluate("document.querySelector('.more dl code').getBoundingClientRect().height");
  t.ok(Number(height) < 25, 'one line');
});

t.test('a search that finds nothing because no entry has its attribute is marked, and says so', { skip }, async (t) => {
  const ops = await OpsPort.start(t, '127.0.0.1', (name) => name !== 'sAMAccountName');
  for (const filter of ['(sAMAccountName=ada)', '(uid=ada)']) {
    const request = searchRequest({ base: 'dc=x', filter, attributes: ['sAMAccountName'] });
    ops.operation('dc=x', { operation: 'search', request });
  }
  const page = await opened(t, `${ops.url}/?show=searches`);
  t.equal(await page.locator('#operations summary .pill.warn').count(), 1);
  t.match(
    await page.textContent('#operations > li:last-child'),
    'No entry has sAMAccountName, so this filter cannot match.',
  );
});

t.test('whatever is in a name stays text: direction marks, control characters, markup', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const evil = 'uid=\u202egnp.exe\u0000\u001b[31m<b>x</b>\u2066"\'&amp;עברית';
  ops.operation(evil, { account: evil, code: 49, reason: 'unknown-name', reference: evil });
  ops.state = { ...READY, instance: evil, apps: [{ ...READY.apps[0]!, name: evil, groups: ['<i>g</i>'] }] };
  const page = await opened(t, `${ops.url}/?q=${encodeURIComponent('<b>x</b>')}`);
  const text = await page.textContent('#operations');
  t.match(text, '\\u202egnp.exe\\u0000\\u001b[31m<b>x</b>\\u2066"\'&amp;עברית');
  t.equal(await page.locator('#operations b >> text=/^x$/').count(), 0);
  t.equal(await page.locator('#identity i').count(), 0);
  t.match(await page.textContent('#identity'), '<i>g</i>');
});

t.test('nothing moves while the page is live and the numbers change', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  refuse(ops, 'ada');
  ops.operation('uid=bob');
  const page = await opened(t, `${ops.url}/?show=failures`, { viewport: { width: 1280, height: 2000 } });
  await page.click('#operations summary');
  await page.evaluate(`new PerformanceObserver((list) => {
    window.shifts ??= [];
    for (const { value, sources } of list.getEntries()) shifts.push(value + ' ' + sources.map(({ node, previousRect: a, currentRect: b }) => [node?.outerHTML?.slice(0, 80), a.top, b.top, a.height, b.height].join(' ')).join());
  }).observe({ type: 'layout-shift', buffered: false })`);
  for (let i = 1; i <= 4; i++) {
    for (let k = 0; k < 7 ** i; k++) ops.operation(`uid=n${i}`);
    refuse(ops, `who${i}`);
    ops.operation('uid=x', { code: 49, reason: i % 2 === 0 ? 'not-a-member' : 'too-many-attempts' });
    ops.state = {
      ...READY,
      connections: 9 ** i,
      uptimeSeconds: 60 + i,
      snapshot: { ...READY.snapshot, ageSeconds: 3 + i },
    };
    await page.waitForSelector(`#hold >> text=${2 * i} new`);
  }
  t.same(await page.evaluate('window.shifts ?? []'), []);
});

const AXE = skip === false ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8') : '';

t.test(
  'axe finds nothing to complain about, in light, dark, on a phone, empty and in an outage',
  { skip },
  async (t) => {
    const ops = await OpsPort.start(t, '127.0.0.1', (name) => name !== 'sAMAccountName');
    const faults = async (name: string, path: string, options: object) => {
      // Evaluated past the page's own policy, which forbids any script but its own.
      const page = await opened(t, ops.url + path, { ...options, bypassCSP: true });
      await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
      await page.evaluate(AXE);
      const found = (await page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html + ' ' + n.failureSummary).join(' ; ')))",
      )) as string[];
      t.same(found, [], name);
    };
    await faults('empty', '/', {});
    const all = [
      'wrong-password',
      'not-a-member',
      'too-many-attempts',
      'upstream-timeout',
      'defect',
      'read-only',
    ] as const;
    for (const reason of all) ops.operation('uid=ada,ou=Users,dc=example,dc=com', { account: 'ada', code: 49, reason });
    const request = searchRequest({ base: 'dc=x', filter: '(sAMAccountName=x)', attributes: ['cn'] });
    ops.operation('dc=x', { operation: 'search', request });
    const phone = { viewport: { width: 360, height: 740 } };
    for (const colorScheme of ['light', 'dark']) {
      ops.state = READY;
      await faults(`${colorScheme}, all`, '/?show=all&user=ada', { colorScheme });
      ops.state = DOWN;
      await faults(`${colorScheme}, phone, outage`, '/', { colorScheme, ...phone });
    }
    ops.state = MANY;
    ops.telemetry.apps = MANY.apps.map(({ name }) => name);
    await faults('apps', '/?q=zzzz', {});
    await faults('apps on a phone', '/', phone);
  },
);
