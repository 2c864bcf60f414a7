// What a read brings, whatever pages the upstream makes of it and however their bytes are cut.
import type { Socket } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { schema } from '../../src/config/schema.js';
import type { LDAPMessage, Request, Response } from '../../src/ldap/message.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { LdaptsReader } from '../../src/upstream/reader.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { bindResponse, FakeUpstream } from '../support/fake-upstream.js';

const USERS = 'ou=Users,o=5f1c0a9e7b3d4c2a8e6f9d10,dc=jumpcloud,dc=com';
const GROUP = `cn=wayk-users,${USERS}`;
const PAGED = '1.2.840.113556.1.4.319';

const attribute = (type: string, ...values: readonly string[]) => ({
  type,
  values: values.map((one) => Buffer.from(one)),
});
const entry = (objectName: string, ...attributes: ReturnType<typeof attribute>[]): Response => ({
  kind: 'searchResultEntry',
  objectName,
  attributes,
});
const person = (i: number) => entry(`uid=p${i},${USERS}`, attribute('uid', `p${i}`), attribute('memberOf', GROUP));
const group = entry(GROUP, attribute('cn', 'wayk-users'), attribute('member', `uid=p0,${USERS}`));

/** An upstream of pages of these lengths, which writes its bytes in parts of this length. */
async function upstreamOf(pages: readonly number[], part: number): Promise<FakeUpstream> {
  const done = (messageID: number, cookie: string): LDAPMessage => ({
    messageID,
    op: { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text: '' } },
    controls: [{ type: PAGED, critical: false, value: encodePagedResults({ size: 0, cookie: Buffer.from(cookie) }) }],
  });
  const answer = ({ messageID, op, controls = [] }: LDAPMessage<Request>, socket: Socket): void => {
    if (op.kind === 'bindRequest') return void socket.write(bindResponse(messageID, 0));
    if (op.kind !== 'searchRequest') return;
    const filter = JSON.stringify(op.filter);
    const isMembers = op.filter.kind !== 'or' && filter.includes('"memberOf"');
    const control = controls.find(({ type }) => type === PAGED);
    const at = control === undefined ? 0 : Number(decodePagedResults(control.value).cookie.toString() || '0');
    const before = pages.slice(0, at).reduce((sum, length) => sum + length, 0);
    const entries = isMembers ? Array.from({ length: pages[at] ?? 0 }, (_, i) => person(before + i)) : [group];
    const isLast = !isMembers || at + 1 >= pages.length;
    const messages = [
      ...entries.map((one): LDAPMessage => ({ messageID, op: one })),
      done(messageID, isLast ? '' : `${at + 1}`),
    ];
    const octets = Buffer.concat(messages.map(encodeMessage));
    for (let from = 0; from < octets.length; from += part) socket.write(octets.subarray(from, from + part));
  };
  return FakeUpstream.start(answer);
}

async function namesRead(fake: FakeUpstream): Promise<string[]> {
  const reader = new LdaptsReader({
    endpoints: [parseEndpoint(fake.url, false)],
    dialer: new Dialer({ ca: fake.caPem }),
    connectTime: 5000,
    operationTime: 20_000,
    dn: `uid=ldap-reader,${USERS}`,
    password: 'secret',
    usersDN: USERS,
    gates: ['wayk-users'],
    everyone: false,
    limits: schema.parse({}).directory.limits,
  });
  try {
    return (await reader.read()).users.map(({ dn }) => dn);
  } finally {
    reader.close();
  }
}

const names = (pages: readonly number[]) =>
  Array.from({ length: pages.reduce((sum, length) => sum + length, 0) }, (_, i) => `uid=p${i},${USERS}`);

t.test('every entry of every page is there once and in order, behind empty pages as well', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 6 })
        .filter((pages) => pages.some((n) => n > 0)),
      fc.integer({ min: 7, max: 40_000 }),
      async (pages, part) => {
        const fake = await upstreamOf(pages, part);
        try {
          return JSON.stringify(await namesRead(fake)) === JSON.stringify(names(pages));
        } finally {
          await fake.stop();
        }
      },
    ),
    { numRuns: 25 },
  );
  t.pass('they are');
});

t.test('even where one page has more than anybody handles in a turn', async (t) => {
  const pages = [3000, 1, 2000];
  const fake = await upstreamOf(pages, 1_000_000);
  t.teardown(() => fake.stop());
  t.same(await namesRead(fake), names(pages));
});
