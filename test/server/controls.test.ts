// Controls and extended operations over real sockets: paging, sorting, matched values, assertion, Cancel, password policy.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import type { Control, LDAPMessage, Response, SearchResultEntry } from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { BerReader, BerWriter, Tag } from '../../src/wire/ber.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { encodeFilter } from '../../src/wire/filter.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { BASE, startProxy, USERS, userDN } from '../support/proxy.js';

const READER = userDN('ldap-reader');
const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const upstream = await StandIn.start({});
const proxy = await startProxy(upstream);
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

async function asReader(): Promise<Client> {
  const client = await Client.open(proxy.url);
  await client.bind(READER, upstream.reader.password);
  return client;
}

const NONE: Buffer = Buffer.alloc(0);
const paged = (size: number, cookie = NONE, critical = true): Control => ({
  type: ControlType.pagedResults,
  critical,
  value: encodePagedResults({ size, cookie }),
});
const people = searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['cn'] });

interface Answer {
  readonly code: number;
  readonly names: readonly string[];
  readonly controls: readonly Control[];
}

function read(messages: readonly LDAPMessage<Response>[]): Answer {
  const last = messages.at(-1);
  if (last === undefined || !('result' in last.op)) throw new Error('no final response');
  const names = messages.map(({ op }) => op).filter((op): op is SearchResultEntry => op.kind === 'searchResultEntry');
  return { code: last.op.result.code, names: names.map(({ objectName }) => objectName), controls: last.controls ?? [] };
}

const ask = async (client: Client, controls: readonly Control[], request = people): Promise<Answer> =>
  read(await client.answered(client.send(request, controls)));

function cookieOf({ controls }: Answer): Buffer {
  const control = controls.find(({ type }) => type === ControlType.pagedResults);
  if (control === undefined) throw new Error('no paged results control');
  return decodePagedResults(control.value).cookie;
}

/** SEQUENCE OF { attribute, [0] rule, [1] reverse }. */
function sort(keys: readonly { attribute: string; rule?: string; reverse?: boolean }[], critical = true): Control {
  const writer = new BerWriter();
  for (const { attribute, rule, reverse } of [...keys].reverse()) {
    const mark = writer.length;
    if (reverse === true) writer.boolean(true, 0x81);
    if (rule !== undefined) writer.text(rule, 0x80);
    writer.text(attribute);
    writer.wrap(Tag.sequence, mark);
  }
  writer.wrap(Tag.sequence, 0);
  return { type: ControlType.sortRequest, critical, value: writer.finish() };
}

function sortResult({ controls }: Answer): { code: number; attribute?: string } {
  const control = controls.find(({ type }) => type === ControlType.sortResponse);
  const reader = new BerReader(control?.value ?? NONE).enter(Tag.sequence);
  const code = reader.integer(Tag.enumerated);
  return reader.isAtEnd ? { code } : { code, attribute: reader.text(0x80) };
}

function filterControl(type: string, filter: string, isList: boolean): Control {
  const writer = new BerWriter();
  encodeFilter(writer, parseFilter(filter));
  if (isList) writer.wrap(Tag.sequence, 0);
  return { type, critical: true, value: writer.finish() };
}

t.test('pages hold at most what was asked for and are together the plain result (R47)', async (t) => {
  const client = await asReader();
  const plain = await ask(client, []);
  t.equal(plain.names.length, 9);
  t.same(plain.controls, []);
  for (const size of [1, 2, 3, 4, 8, 9, 10, 1000]) {
    const all: string[] = [];
    let cookie = NONE;
    do {
      const page = await ask(client, [paged(size, cookie, size % 2 === 0)]);
      t.equal(page.code, 0);
      t.ok(page.names.length <= size);
      all.push(...page.names);
      cookie = cookieOf(page);
    } while (cookie.length > 0);
    t.same(all, plain.names, `pages of ${size}`);
  }
  client.destroy();
});

t.test('pages go on in the snapshot that they began with, whatever changes meanwhile', async (t) => {
  const quick = await startProxy(upstream, { directory: { refresh: '50ms' } });
  const client = await Client.open(quick.url);
  await client.bind(READER, upstream.reader.password);
  const first = await ask(client, [paged(5)]);
  upstream.addToGroup('wayk-users', 'joreth.pellmar');
  const more = async () => (await ask(client, [])).names.length;
  while ((await more()) !== 10) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await ask(client, [paged(100, cookieOf(first))]);
  t.equal(new Set([...first.names, ...second.names]).size, 9);
  upstream.removeFromGroup('wayk-users', 'joreth.pellmar');
  client.destroy();
  await quick.stop();
});

t.test(
  'a cookie is good once, on its connection, under its identity, for its request; any other is an error (R47)',
  async (t) => {
    const client = await asReader();
    const refused = async (cookie: Buffer, request = people, who = client) => {
      const answer = await ask(who, [paged(2, cookie)], request);
      t.same([answer.code, answer.names], [53, []]);
    };
    const fresh = async () => cookieOf(await ask(client, [paged(2)]));
    const other = await asReader();
    await refused(await fresh(), people, other);
    await refused(Buffer.alloc(16));
    await refused(Buffer.alloc(10_000, 0x41));
    await refused(Buffer.from('x'));
    await refused(await fresh(), searchRequest({ base: BASE, filter: '(objectClass=*)', attributes: ['cn'] }));
    await refused(await fresh(), searchRequest({ base: USERS, filter: '(uid=*)', attributes: ['cn'] }));
    await refused(await fresh(), searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['mail'] }));
    const used = await fresh();
    t.equal((await ask(client, [paged(2, used)])).code, 0);
    await refused(used);
    const before = await fresh();
    await client.bind(READER, upstream.reader.password);
    await refused(before);
    const lost = await fresh();
    await client.bind(ALICE, PASSWORD);
    await refused(lost);
    client.destroy();
    other.destroy();
  },
);

t.test('size 0 ends a paged search; the open ones are limited in number (R47)', async (t) => {
  const client = await asReader();
  const first = cookieOf(await ask(client, [paged(2)]));
  const ended = await ask(client, [paged(0, first)]);
  t.same([ended.code, ended.names.length, cookieOf(ended).length], [0, 0, 0]);
  t.equal((await ask(client, [paged(2, first)])).code, 53);
  const cookies: Buffer[] = [];
  for (let i = 0; i < 20; i++) cookies.push(cookieOf(await ask(client, [paged(2)])));
  const codes: number[] = [];
  for (const cookie of cookies) codes.push((await ask(client, [paged(2, cookie)])).code);
  t.ok(codes.filter((code) => code === 0).length <= 8);
  t.equal(codes.at(-1), 0, 'the newest are kept');
  client.destroy();
});

t.test('a size limit counts over all pages; hidden entries appear on none (R37, R47)', async (t) => {
  const client = await asReader();
  const limited = searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['cn'], sizeLimit: 5 });
  const first = await ask(client, [paged(3)], limited);
  const second = await ask(client, [paged(3, cookieOf(first))], limited);
  t.same([first.names.length, second.names.length, second.code], [3, 2, 4]);
  t.equal(cookieOf(second).length, 0);
  await client.bind(ALICE, PASSWORD);
  const own = await ask(client, [paged(100)]);
  t.same(own.names, [ALICE]);
  client.destroy();
});

t.test('sorting by one key and by several, forwards and backwards (RFC 2891)', async (t) => {
  const client = await asReader();
  const uids = ({ names }: Answer) => names.map((name) => /^uid=([^.]+)/.exec(name)?.[1]);
  const byName = await ask(client, [sort([{ attribute: 'sn' }])]);
  const surnames = async (controls: readonly Control[]) => {
    const messages = await client.answered(
      client.send(searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['sn'] }), controls),
    );
    return messages.flatMap(({ op }) =>
      op.kind === 'searchResultEntry' ? op.attributes.flatMap(({ values }) => values.map(String)) : [],
    );
  };
  const forwards = await surnames([sort([{ attribute: 'sn' }])]);
  t.same(
    forwards,
    [...forwards].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
  );
  t.same(await surnames([sort([{ attribute: 'sn', reverse: true }])]), [...forwards].reverse());
  t.same(sortResult(byName), { code: 0 });
  const numbers = await ask(client, [sort([{ attribute: 'uidNumber', rule: 'integerOrderingMatch', reverse: true }])]);
  t.equal(numbers.names[0], userDN('philo.estrande'));
  const two = await ask(client, [sort([{ attribute: 'departmentNumber' }, { attribute: 'uid', reverse: true }])]);
  t.same(uids(two).slice(0, 3), ['svenja', 'philo', 'daxon']);
  const everything = searchRequest({ base: BASE, attributes: ['1.1'] });
  const missing = await ask(client, [sort([{ attribute: 'mail' }])], everything);
  t.notMatch(missing.names.at(-1), /^uid=/, 'who has no value comes last');
  const paging = await ask(client, [sort([{ attribute: 'sn' }]), paged(4)]);
  const rest = await ask(client, [sort([{ attribute: 'sn' }]), paged(100, cookieOf(paging))]);
  t.same([...uids(paging), ...uids(rest)], uids(byName), 'page by page as well');
  client.destroy();
});

t.test('an unavailable sort: 12 if it was critical, else unsorted and said so (RFC 2891 2)', async (t) => {
  const client = await asReader();
  for (const [key, code] of [
    [{ attribute: 'noSuchAttribute' }, 16],
    [{ attribute: 'userPassword' }, 16],
    [{ attribute: 'cn', rule: 'noSuchRule' }, 18],
    [{ attribute: 'cn', rule: 'caseIgnoreMatch' }, 18],
  ] as const) {
    const critical = await ask(client, [sort([key])]);
    t.same([critical.code, critical.names.length], [12, 0]);
    const wished = await ask(client, [sort([key], false)]);
    t.same([wished.code, wished.names.length], [0, 9]);
    t.same(sortResult(wished), { code, attribute: key.attribute });
  }
  client.destroy();
});

t.test('matched values: only those asked for are returned (RFC 3876)', async (t) => {
  const client = await asReader();
  const engineering = `cn=Engineering,ou=Groups,${BASE}`;
  const request = searchRequest({ base: ALICE, scope: Scope.baseObject, attributes: ['memberOf', 'mail'] });
  const messages = await client.answered(
    client.send(request, [filterControl(ControlType.matchedValues, `(memberOf=${engineering})`, true)]),
  );
  const [entry] = messages.map(({ op }) => op);
  t.same(
    entry?.kind === 'searchResultEntry' ? entry.attributes.map(({ type, values }) => [type, values.map(String)]) : [],
    [
      ['mail', []],
      ['memberOf', [engineering]],
    ],
  );
  t.equal((await ask(client, [filterControl(ControlType.matchedValues, '(!(cn=x))', true)])).code, 2, 'no simple item');
  client.destroy();
});

t.test('an assertion that is not TRUE of the named entry stops the operation (RFC 4528)', async (t) => {
  const client = await asReader();
  const own = searchRequest({ base: ALICE, scope: Scope.baseObject });
  const assertion = (filter: string) => filterControl(ControlType.assertion, filter, false);
  t.equal((await ask(client, [assertion('(uid=quillon.varrek)')], own)).names.length, 1);
  t.same(await ask(client, [assertion('(uid=other)')], own), { code: 122, names: [], controls: [] });
  t.equal((await ask(client, [assertion('(userPassword=*)')], own)).code, 122, 'Undefined is not TRUE');
  const nowhere = searchRequest({ base: userDN('nobody'), scope: Scope.baseObject });
  t.equal((await ask(client, [assertion('(uid=x)')], nowhere)).code, 32, 'a missing entry is reported first (R30)');
  const compare = {
    kind: 'compareRequest',
    entry: ALICE,
    attribute: 'uid',
    value: Buffer.from('quillon.varrek'),
  } as const;
  t.equal((await client.result(compare, [assertion('(sn=Varrek)')])).code, 6);
  t.equal((await client.result(compare, [assertion('(sn=x)')])).code, 122);
  client.destroy();
});

t.test('controls that do not belong, are junk or come twice (R43, R44, R48)', async (t) => {
  const client = await asReader();
  const whoAmI = { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } as const;
  t.equal((await client.result(whoAmI, [paged(1)])).code, 12, 'paging does not belong to Who am I');
  t.equal((await client.result(whoAmI, [paged(1, NONE, false)])).code, 0, 'and is ignored if it may be');
  t.equal((await client.result(simpleBind(ALICE, PASSWORD), [paged(1)])).code, 12);
  t.equal((await client.bind(READER, upstream.reader.password)).code, 0);
  for (const type of [
    ControlType.pagedResults,
    ControlType.sortRequest,
    ControlType.matchedValues,
    ControlType.assertion,
  ]) {
    for (const value of [undefined, NONE, Buffer.from('x'), Buffer.from('3000', 'hex'), Buffer.alloc(500, 0x30)]) {
      const control = { type, critical: false, ...(value === undefined ? {} : { value }) };
      const { code, names } = await ask(client, [control]);
      t.same([code, names.length], [2, 0], `${type} ${value?.toString('hex').slice(0, 8)}`);
    }
  }
  t.equal((await ask(client, [paged(1), paged(2)])).code, 2, 'twice the same');
  t.equal((await ask(client, [{ type: ControlType.manageDsaIT, critical: true }])).names.length, 9);
  t.equal((await ask(client, [{ type: ControlType.domainScope, critical: true }])).names.length, 9);
  client.destroy();
});

t.test('the password policy control is answered with no news, the same for every bind (R2)', async (t) => {
  const client = await Client.open(proxy.url);
  const control = { type: ControlType.passwordPolicy, critical: true };
  const answers = [];
  for (const [name, password] of [
    [ALICE, PASSWORD],
    [ALICE, 'wrong'],
    [userDN('nobody'), 'x'],
    [userDN('philo.estrande'), 'user-secret-5014'],
  ] as const)
    answers.push(read(await client.answered(client.send(simpleBind(name, password), [control]))));
  t.same(
    answers.map(({ code }) => code),
    [0, 49, 49, 49],
  );
  for (const { controls } of answers) t.same(controls, answers[0]?.controls);
  t.equal(answers[0]?.controls.length, 1);
  client.destroy();
});

t.test(
  'Cancel answers the canceled search and itself; what is not running cannot be canceled (RFC 3909)',
  async (t) => {
    const client = await asReader();
    const cancelID = (id: number) => {
      const writer = new BerWriter();
      writer.integer(id);
      writer.wrap(Tag.sequence, 0);
      return { kind: 'extendedRequest', requestName: '1.3.6.1.1.8', requestValue: writer.finish() } as const;
    };
    t.equal((await client.result(cancelID(4711))).code, 119);
    t.equal((await client.result({ kind: 'extendedRequest', requestName: '1.3.6.1.1.8' })).code, 2);
    t.equal(
      (await client.result({ kind: 'extendedRequest', requestName: '1.3.6.1.1.8', requestValue: Buffer.from('x') }))
        .code,
      2,
    );
    const search = client.send(searchRequest({ base: BASE, attributes: ['*', '+'] }));
    const cancel = client.send(cancelID(search));
    const [canceled, answer] = [read(await client.answered(search)), read(await client.answered(cancel))];
    t.ok(
      (canceled.code === 118 && answer.code === 0) || (canceled.code === 0 && answer.code === 119),
      `${canceled.code}, ${answer.code}`,
    );
    t.equal((await ask(client, [])).names.length, 9, 'the connection goes on');
    client.destroy();
  },
);
