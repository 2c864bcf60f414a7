// The live page, in a real browser: it shows what happens as it happens, runs nothing of what clients send, and works without a script.
import t from 'tap';
import type { CloudCounts } from '../../src/ops/state.js';
import { browser, withoutBrowser } from '../support/browser.js';
import { searchRequest } from '../support/client.js';
import { OpsPort, READY } from '../support/ops.js';
import { eventually } from '../support/proxy.js';

const EVIL = '"><img src=x onerror="document.title=`owned`"><script>document.title=`owned`</script>';

/** A page on which the browser had nothing to complain about so far. */
async function opened(t: Parameters<typeof OpsPort.start>[0], options: object = {}) {
  const context = await chrome.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

const skip = withoutBrowser;
const chrome = skip === false ? await browser(t) : (undefined as unknown as Awaited<ReturnType<typeof browser>>);

t.test('operations and numbers appear as they happen', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=before', { account: 'before' });
  const { page, complaints } = await opened(t);
  await page.goto(ops.url);
  await page.waitForSelector('#live.on');
  t.match(await page.textContent('#operations'), /uid=before/);
  ops.operation('uid=ada', { account: 'ada', code: 49, reason: 'not-a-member' });
  await page.waitForSelector('#operations .pill.member');
  t.match(await page.textContent('#operations li:first-child summary'), /bind\s+uid=ada\s+not-a-member/);
  await page.waitForSelector('#binds rect.member');
  t.match(await page.textContent('#binds .legend'), /not let in 1 not-a-member 1/);
  ops.state = { ...READY, ready: false, upstream: { ...READY.upstream, reachable: false, lastError: 'no route' } };
  await page.waitForSelector('#status .pill.bad');
  t.match(await page.textContent('#status'), /no route/);
  t.match(await page.title(), '✕ Not ready · wayk-users · gate-1 — Jumpgate');
  t.equal(await page.textContent('#said'), '✕ Not ready', 'and a screen reader announces it');
  t.notMatch(await page.textContent('#status'), /JumpCloud API/, 'nothing while it is up');
  const remedy = 'Check upstream.api: the credential.';
  const trouble = { fault: 'refused', message: 'GET /x: 401', since: '2026-03-01T11:15:00.000Z', remedy };
  const faults = [{ text: 'ldap-reader is locked', remedy: 'Users › ldap-reader: unlock it.' }];
  ops.state = { ...READY, cloud: { up: false, trouble, callsLastHour: 1, reader: { faults } } };
  await page.waitForSelector('#status >> text=Users › ldap-reader: unlock it.');
  t.match(
    await page.textContent('#status'),
    /JumpCloud API: refused for 45 min \(since 2026-03-01 11:15 UTC\)\s+GET \/x: 401\.\s+Fix: Check upstream\.api: the credential\./,
  );
  const refusals = [{ ...trouble, message: 'GET /policies: 403' }];
  ops.state = { ...READY, cloud: { up: true, refusals, callsLastHour: 1, reader: { faults: [] } } };
  await page.waitForSelector('#upstream p.quiet >> text=GET /policies: 403');
  t.equal(await page.locator('#status .trouble').count(), 0, 'a role may leave something out');
  ops.state = { ...READY, cloud: { up: true, callsLastHour: 1, reader: { faults: [] } } };
  await page.waitForSelector('#upstream >> text=JumpCloud API', { state: 'detached' });
  t.equal(await page.locator('#operations > li').count(), 2, 'nothing is shown twice');
  for (let i = 0; i < 300; i++) ops.operation(`uid=n${i}`);
  await page.waitForSelector('text=uid=n299');
  t.equal(await page.locator('#operations > li').count(), 200, 'and the oldest go');
  t.same(complaints, []);
});

t.test('an operation unfolds to its steps, by keyboard alone; so is it searched for', { skip }, async (t) => {
  const ops = await OpsPort.start(t, '127.0.0.1', (name) => name !== 'sAMAccountName');
  ops.operation('uid=ada', { account: 'ada' });
  const request = searchRequest({ base: 'dc=x', filter: '(sAMAccountName=secret)', attributes: ['cn'] });
  ops.operation('dc=x', { operation: 'search', request, account: 'ada' });
  ops.operation('uid=bob', { account: 'bob', code: 49, reason: 'wrong-password' });
  const { page, complaints } = await opened(t);
  await page.goto(`${ops.url}/?show=all`);
  await page.waitForSelector('#live.on');
  t.equal(await page.locator('#operations > li').count(), 3);
  await page.keyboard.press('/');
  await page.keyboard.type('SAMACCOUNT');
  await eventually(async () => (await page.locator('#operations > li').count()) === 1);
  t.match(page.url(), /\?show=all&q=SAMACCOUNT$/, 'the address is a link to the same');
  for (let i = 0; i < 9 && !(await page.evaluate("document.activeElement.matches('summary')")); i++)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const more = page.locator('#operations details[open] .more');
  await more.waitFor();
  const text = (await more.textContent()) ?? '';
  t.match(text, /\bname\b/);
  t.match(text, /\(sAMAccountName=…\)/);
  t.match(text, /No entry has\s*sAMAccountName/);
  t.notMatch(text, /secret/);
  await page.fill('#q', 'nothing of this kind');
  await page.waitForSelector('#none:visible');
  ops.operation('uid=carol');
  await page.waitForSelector('#n-all >> text=4');
  t.equal(await page.locator('#operations > li').count(), 0, 'what comes is filtered too');
  t.match(await page.textContent('#none'), 'No operation matches “nothing of this kind”.');
  await page.fill('#q', '');
  await eventually(async () => (await page.locator('#operations > li').count()) === 4);
  t.same(complaints, []);
});

t.test('a page on hold waits, and catches up', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const { page } = await opened(t);
  await page.goto(ops.url);
  await page.waitForSelector('#live.on');
  await page.click('#hold');
  ops.operation('uid=ada');
  await page.waitForSelector('#hold >> text=Resume (1)');
  t.equal(await page.locator('#operations > li').count(), 0);
  await page.click('#hold');
  t.equal(await page.locator('#operations > li').count(), 1);
});

const ASKED: CloudCounts = {
  ...{ calls: new Map(), lastHour: 0, lastError: undefined, isStopped: false, found: [] },
  dropped: { full: 0, share: 0, name: 0 },
  revocation: undefined,
};

t.test('JumpCloud’s reason comes into a row that is shown, and nothing else moves', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.cloud = ASKED;
  const refused = (user: string) => ops.operation(`uid=${user}`, { account: user, code: 49, reason: 'wrong-password' });
  const [ada, bob] = [refused('ada'), refused('bob')];
  const { page, complaints } = await opened(t);
  await page.goto(ops.url);
  await page.waitForSelector('#live.on');
  const row = page.locator('#operations > li', { hasText: 'uid=ada' });
  await row.locator('summary').focus();
  await page.keyboard.press('Enter');
  t.match(await row.locator('.cloud').textContent(), 'nothing so far');
  const looks = `(() => {
    const [row] = document.querySelectorAll('#operations details[open]');
    window.before ??= row;
    const all = [...document.querySelectorAll('#operations li, #operations dd')].map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return [x, y, width, height].join(' ');
    });
    return { all, same: row === window.before, focus: document.activeElement.parentElement === row, scroll: scrollY };
  })()`;
  const before = await page.evaluate(looks);
  t.match(before, { same: true, focus: true });
  ops.found(ada);
  await row.locator('.cloud b').waitFor();
  t.equal(await row.locator('.cloud').textContent(), 'suspended');
  t.same(
    await page.evaluate(looks),
    before,
    'the row is the same, open, with the focus, and everything is where it was',
  );
  t.equal(await page.locator('.cloud b').count(), 1, 'no other row has it');
  t.match(await row.locator('summary').textContent(), /uid=ada\s+suspended/, 'the row leads with the cause');
  t.match(
    await row.locator('.why').textContent(),
    /^The user is suspended\.\s+Fix: In the console, Users › ada: if this was not intended/,
    'and says how to fix that',
  );
  t.match(
    await row.locator('.more').textContent(),
    /Reason\s*wrong-password/,
    'Jumpgate’s own reason stays in the facts',
  );
  await page.click('#hold');
  const carol = refused('carol');
  await page.waitForSelector('#hold >> text=Resume (1)');
  ops.found(bob, 'locked');
  ops.found(carol, 'staged');
  await eventually(async () => (await page.locator('.cloud b').count()) === 2);
  t.equal(await page.locator('#operations > li').count(), 2, 'a page on hold adds no row');
  await page.click('#hold');
  await page.locator('#operations > li', { hasText: 'uid=carol' }).waitFor();
  await eventually(async () => (await page.locator('.cloud b').count()) === 3);
  await page.fill('#q', 'is staged');
  await eventually(async () => (await page.locator('#operations > li').count()) === 1);
  t.match(await page.textContent('#operations'), 'uid=carol', 'and the search finds what came later');
  t.equal((await ops.ask('/operations?reason=staged')).body.trim().split('"serial"').length - 1, 1, 'as a reason too');
  const erin = refused('erin');
  await page.waitForSelector('#n-all >> text=4');
  ops.found(erin, 'staged');
  await page.locator('#operations > li', { hasText: 'uid=erin' }).waitFor();
  await page.fill('#q', '');
  await eventually(async () => (await page.locator('#operations > li').count()) === 4);
  const dan = refused('dan');
  await page.locator('#operations > li', { hasText: 'uid=dan' }).waitFor();
  ops.streams.close();
  await page.waitForSelector('#live:not(.on)');
  ops.found(dan);
  await page.locator('#operations > li', { hasText: 'uid=dan' }).locator('.cloud b').waitFor({ state: 'attached' });
  t.same(
    complaints.filter((text) => !text.includes('ERR_INCOMPLETE_CHUNKED_ENCODING')),
    [],
  );
});

t.test('without the API no row waits for JumpCloud', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=ada', { account: 'ada', code: 49, reason: 'wrong-password' });
  const { page } = await opened(t);
  await page.goto(ops.url);
  t.equal(await page.locator('.cloud').count(), 0);
});

t.test('nothing that clients send is run or loaded (R99)', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const fill = () => {
    ops.operation(EVIL, { account: EVIL });
    const request = searchRequest({ base: EVIL, filter: '(cn=*)', attributes: [EVIL] });
    ops.operation(EVIL, { operation: 'search', request });
  };
  fill();
  ops.state = { ...READY, upstream: { reachable: false, lastError: EVIL, addresses: [] } };
  const { page, complaints } = await opened(t);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${ops.url}/?q=${encodeURIComponent(EVIL)}`);
  t.notMatch(await page.title(), 'owned');
  await page.waitForSelector('#live.on');
  t.equal(await page.inputValue('#q'), EVIL);
  fill();
  await eventually(async () => (await page.locator('#operations > li').count()) === 4);
  t.equal(await page.title(), '● Ready · wayk-users · gate-1 — Jumpgate'.replace('● Ready', '▲ Ready, with problems'));
  t.equal(await page.locator('img').count(), 0);
  t.equal(await page.locator('script').count(), 1);
  t.same([...new Set(asked.filter((path) => !path.startsWith('image')))], ['/', '/events']);
  t.same(complaints, [], 'the browser had to forbid nothing');
});

t.test('without a script the numbers and the steps are there, and may be searched', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=ada', { account: 'ada' });
  ops.operation('uid=bob', { account: 'bob' });
  const { page } = await opened(t, { javaScriptEnabled: false });
  await page.goto(ops.url);
  t.match(await page.textContent('#directory'), /Members\s*9\s*Entries\s*14/);
  t.equal(await page.locator('#hold:visible, .copy:visible').count(), 0);
  await page.fill('#q', 'bob');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=bob/);
  t.equal(await page.locator('#operations > li').count(), 1);
  await page.click('#operations summary');
  t.match(await page.textContent('#operations details[open] ol'), /\bname\b/);
});

t.test('on a phone nothing is wider than the screen, in light and dark', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation(`uid=${'long'.repeat(50)},ou=Users,dc=example,dc=com`, { reason: 'unknown-name', code: 49 });
  for (const colorScheme of ['light', 'dark']) {
    const { page } = await opened(t, { colorScheme, viewport: { width: 360, height: 740 } });
    await page.goto(ops.url);
    await page.click('#operations summary');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    t.equal(width, 360, colorScheme);
  }
});

t.test('with a token the page is opened once by it, and then by its cookie', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  ops.token = 'a-token-of-thirty-two-characters';
  const { page } = await opened(t);
  t.equal((await page.goto(ops.url))?.status(), 401);
  await page.goto(`${ops.url}/?token=${ops.token}`);
  t.equal(page.url(), `${ops.url}/`);
  await page.waitForSelector('#live.on');
});

t.test('a page that lost its connection takes up where it was', { skip }, async (t) => {
  const ops = await OpsPort.start(t);
  const { page } = await opened(t);
  await page.goto(ops.url);
  await page.waitForSelector('#live.on');
  ops.operation('uid=ada');
  await page.waitForSelector('#operations > li');
  ops.streams.close();
  await page.waitForSelector('#live:not(.on)');
  ops.operation('uid=bob');
  await page.waitForSelector('#live.on');
  await page.waitForSelector('text=uid=bob');
  t.equal(await page.locator('#operations > li').count(), 2, 'nothing is missing and nothing doubled');
});
