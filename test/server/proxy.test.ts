// The whole product over real sockets in front of the embedded upstream: what clients see, and what they do not.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { BASE, eventually, startProxy, USERS, userDN } from '../support/proxy.js';

const ALICE = 'quillon.varrek';
const PASSWORD = 'user-secret-5001';
const OUTSIDER = 'corvane.thessly';
const OUTSIDER_PASSWORD = 'user-secret-5005';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';

const upstream = await StandIn.start({ pushDelay: 50 });
const proxy = await startProxy(upstream, { binds: { failuresPerAccount: 1000, failuresPerAddress: 10_000 } });
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

async function connected<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await Client.open(proxy.url);
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

t.test('a member with the right password gets in; nobody else does (R1, R5, R7, R8, R12)', async (t) => {
  await connected(async (client) => {
    t.equal((await client.bind(userDN(ALICE), PASSWORD)).code, 0);
    for (const wrong of [
      'x',
      `${PASSWORD}\0`,
      `${PASSWORD} `,
      `${PASSWORD}\n`,
      PASSWORD.toUpperCase(),
      `\ufeff${PASSWORD}`,
      '\0',
      ' ',
      '\0\0\0',
    ]) {
      t.equal((await client.bind(userDN(ALICE), wrong)).code, 49, JSON.stringify(wrong));
    }
    t.equal((await client.bind('', PASSWORD)).code, 49, 'a password without a name');
    t.equal((await client.bind(userDN(ALICE), Buffer.from([0xff, 0xfe]))).code, 49, 'bytes that are not text');
    t.equal((await client.bind(userDN(OUTSIDER), OUTSIDER_PASSWORD)).code, 49, 'not in the group');
    t.equal((await client.bind(userDN('nobody'), 'x')).code, 49);
    t.equal((await client.bind(userDN(ALICE), PASSWORD)).code, 0, 'after all those failures (R12)');
  });
});

t.test('wrong password, unknown name and non-member get the same bytes (R2)', async (t) => {
  const answers: string[] = [];
  for (const [name, password] of [
    [userDN(ALICE), 'wrong'],
    [userDN('nobody'), 'wrong'],
    [userDN(OUTSIDER), 'wrong'],
    [userDN(OUTSIDER), OUTSIDER_PASSWORD],
    [`cn=wayk-users,ou=Groups,${BASE}`, 'wrong'],
    [BASE, 'wrong'],
    ['nobody', 'wrong'],
    ['nobody@example.test', 'wrong'],
    [READER, 'wrong'],
  ] as const) {
    await connected(async (client) => {
      await client.bind(name, password);
      answers.push(Buffer.concat(client.raw).toString('hex'));
    });
  }
  t.same(new Set(answers).size, 1, answers.join(' '));
});

t.test('a name with an empty password is refused before anything else and never forwarded (R4, R50)', async (t) => {
  await connected(async (client) => {
    t.equal((await client.bind(userDN(ALICE), PASSWORD)).code, 0, 'a success is cached');
    const before = upstream.counters.binds;
    for (const name of [userDN(ALICE), userDN('nobody'), userDN(OUTSIDER), ALICE, 'not a dn', BASE]) {
      t.equal((await client.bind(name, '')).code, 53, name);
    }
    t.equal(upstream.counters.binds, before);
    const whoAmI = await client.answered(
      client.send({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' }),
    );
    t.match(whoAmI[0]?.op, { responseValue: Buffer.alloc(0) }, 'anonymous afterwards (R9, R50)');
  });
});

t.test(
  'every spelling of a name leads to the one account, and its canonical name is bound upstream (R20, R21, R22, R23)',
  async (t) => {
    const quick = await startProxy(upstream, { binds: { cache: { ttl: '0s' } } });
    const client = await Client.open(quick.url);
    for (const name of [
      userDN(ALICE),
      `UID=Quillon.Varrek, OU=users, DC=Example, DC=COM`,
      `uid=\\71uillon.varrek,ou=Users,${BASE}`,
      `cn=Quillon Varrek,${USERS}`,
      `mail=quillon.varrek@EXAMPLE.test,${USERS}`,
      'quillon.varrek',
      'QUILLON.VARREK',
      'quillon.varrek@example.test',
      'QUILLON.VARREK@EXAMPLE.TEST',
    ]) {
      upstream.bindNames.length = 0;
      t.equal((await client.bind(name, PASSWORD)).code, 0, name);
      t.same(upstream.bindNames, [`uid=${ALICE},${upstream.usersDN}`]);
    }
    client.destroy();
    await quick.stop();
  },
);

t.test(
  'no spelling of a non-member or of another place gets in, nor is it bound upstream (R20, R23, R24)',
  async (t) => {
    upstream.bindNames.length = 0;
    await connected(async (client) => {
      for (const name of [
        userDN(OUTSIDER),
        `UID=CORVANE.THESSLY,OU=USERS,${BASE}`,
        `uid=corvane\\2ethessly,${USERS}`,
        `uid=corvane\u00ad.thessly,${USERS}`,
        `uid=ｃorvane.thessly,${USERS}`,
        OUTSIDER,
        `${OUTSIDER}@example.test`,
        `uid=${OUTSIDER},${upstream.usersDN}`,
        `uid=${ALICE},${upstream.usersDN}`,
        `uid=${OUTSIDER}+cn=Quillon Varrek,${USERS}`,
        `uid=${OUTSIDER}+uid=${ALICE},${USERS}`,
        `uid=${ALICE}+cn=Quillon Varrek,${USERS}`,
        `uid=${ALICE},${BASE}`,
        `uid=${ALICE},ou=x,${USERS}`,
        `uid=${ALICE},ou=Groups,${BASE}`,
        `sn=Varrek,${USERS}`,
        `uid=${ALICE},${USERS},${USERS}`,
        USERS,
        `cn=wayk-users,ou=Groups,${BASE}`,
        `cn=wayk-users,${USERS}`,
        `uid=*,${USERS}`,
        `uid=quillon*,${USERS}`,
        'quillon*',
        '*',
        '__proto__',
        'constructor',
      ]) {
        t.equal((await client.bind(name, OUTSIDER_PASSWORD)).code, 49, name);
        if (!name.includes(OUTSIDER)) t.equal((await client.bind(name, PASSWORD)).code, 49, name);
      }
      for (const name of [
        'uid=',
        `uid=,${USERS}`,
        'uid',
        `uid;lang-en=${ALICE},${USERS}`,
        `uid=a\0,${USERS}`,
        `uid=\\00,${USERS}`,
        'a\nb',
        'uid=\\zz',
        ')(uid=*',
        `uid="a,${USERS}`,
      ]) {
        const { code } = await client.bind(name, PASSWORD);
        t.ok(code === 34 || code === 49, `${JSON.stringify(name)}: ${code}`);
      }
    });
    t.same(upstream.bindNames, []);
  },
);

t.test(
  'version, method and critical controls are refused and leave the session anonymous (R9, R14, R15, R43)',
  async (t) => {
    await connected(async (client) => {
      const afterBind = async (
        request: Parameters<Client['result']>[0],
        controls?: Parameters<Client['result']>[1],
      ) => {
        t.equal((await client.bind(userDN(ALICE), PASSWORD)).code, 0);
        const { code } = await client.result(request, controls);
        const { result } = await client.search({ base: BASE });
        t.equal(result.code, 32, 'anonymous afterwards');
        return code;
      };
      for (const version of [0, 1, 2, 4, 127, 128, -3, 2 ** 31 - 1])
        t.equal(await afterBind(simpleBind(userDN(ALICE), PASSWORD, version)), 2, `version ${version}`);
      for (const mechanism of ['DIGEST-MD5', 'EXTERNAL', 'ANONYMOUS', 'PLAIN', '']) {
        t.equal(
          await afterBind({ kind: 'bindRequest', version: 3, name: '', authentication: { method: 'sasl', mechanism } }),
          7,
          mechanism,
        );
      }
      t.equal(
        await afterBind({
          kind: 'bindRequest',
          version: 3,
          name: userDN(ALICE),
          authentication: { method: 'unknown', tag: 1 },
        }),
        7,
      );
      t.equal(await afterBind(simpleBind(userDN(ALICE), PASSWORD), [{ type: '1.2.3.4', critical: true }]), 12);
      t.equal(await afterBind(simpleBind(userDN(ALICE), 'wrong')), 49);
      t.equal(await afterBind(simpleBind('not=a=dn,', 'x')), 34);
      t.equal(
        (await client.result(simpleBind(userDN(ALICE), PASSWORD), [{ type: '1.2.3.4', critical: false }])).code,
        0,
        'ignored where not critical (R44)',
      );
    });
  },
);

t.test('anonymous clients see the root DSE and the subschema, and 32 for everything else (R6, R28)', async (t) => {
  await connected(async (client) => {
    for (const options of [
      { base: BASE },
      { base: BASE, scope: Scope.baseObject },
      { base: userDN(ALICE), scope: Scope.baseObject },
      { base: userDN('nobody'), scope: Scope.baseObject },
      { base: '' },
      { base: '', scope: Scope.singleLevel },
      { base: upstream.baseDN },
      { base: 'dc=elsewhere' },
    ]) {
      const { result, entries } = await client.search(options);
      t.same([result.code, result.matchedDN, result.text, entries.length], [32, '', '', 0], JSON.stringify(options));
    }
    const dse = await client.search({ base: '', scope: Scope.baseObject, attributes: ['*', '+'] });
    t.equal(dse.entries.length, 1);
    t.match(JSON.stringify(dse.entries[0]?.attributes.map(({ type }) => type)), 'namingContexts');
    const schema = await client.search({
      base: 'cn=Subschema',
      scope: Scope.baseObject,
      filter: '(objectClass=subschema)',
      attributes: ['+'],
    });
    t.equal(schema.entries.length, 1);
    const compare = await client.result({
      kind: 'compareRequest',
      entry: userDN(ALICE),
      attribute: 'uid',
      value: Buffer.from(ALICE),
    });
    t.equal(compare.code, 32);
  });
});

t.test('a service account sees exactly the members, under local names only (R29, R31, R33, R35)', async (t) => {
  await connected(async (client) => {
    t.equal((await client.bind(READER, READER_PASSWORD)).code, 0);
    const { entries } = await client.search({ base: BASE, filter: '(uid=*)', attributes: ['*', '+', 'userPassword'] });
    t.same(
      entries.map(({ objectName }) => objectName).sort(),
      [
        'bastel.ironquay',
        'daxon.wyrmell',
        'mirelle.oskand',
        'nahlia.grevost',
        'philo.estrande',
        'quillon.varrek',
        'svenja.ulmarik',
        'tavian.bruskel',
        'yselda.mornwick',
      ].map(userDN),
    );
    await client.search({ base: BASE, attributes: ['*', '+'] });
    await client.search({ base: BASE, filter: '(|(objectClass=*)(!(cn=x)))', attributes: ['*', '+'] });
    const all = Buffer.concat(client.raw).toString('latin1').toLowerCase();
    for (const secret of [
      'dc=jumpcloud',
      upstream.orgId,
      OUTSIDER,
      'joreth',
      'liora',
      'finance',
      'user-secret',
      'userpassword',
    ]) {
      t.notOk(all.includes(secret), `${secret} is nowhere`);
    }
    const groups = await client.search({
      base: `ou=Groups,${BASE}`,
      filter: '(objectClass=groupOfNames)',
      attributes: ['member'],
    });
    t.same(
      groups.entries.map(({ objectName }) => objectName),
      [`cn=wayk-users,ou=Groups,${BASE}`, `cn=Engineering,ou=Groups,${BASE}`, `cn=VPN (Full Tunnel),ou=Groups,${BASE}`],
    );
    const names = new Set(entries.map(({ objectName }) => objectName));
    for (const { attributes } of groups.entries)
      for (const value of attributes[0]?.values ?? [])
        t.ok(names.has(value.toString()), 'members are spelt as their entries are');
    const hidden = await client.search({ base: userDN(OUTSIDER), scope: Scope.baseObject });
    const missing = await client.search({ base: userDN('nobody'), scope: Scope.baseObject });
    t.same(hidden.result, missing.result, 'hidden and missing are alike (R30)');
    t.same(hidden.result, { code: 32, matchedDN: USERS, text: '' });
    for (const filter of [
      '(userPassword=*)',
      '(!(userPassword=x))',
      '(userPassword=user-secret-5001)',
      '(2.5.4.35=*)',
      '(userPassword;x=*)',
      '(USERPASSWORD:2.5.13.17:=x)',
    ]) {
      t.equal((await client.search({ base: BASE, filter })).entries.length, 0, `${filter} (R34)`);
    }
  });
});

t.test('a user sees itself and its groups, which JumpCloud itself does not show it', async (t) => {
  await connected(async (client) => {
    t.equal((await client.bind(userDN(ALICE), PASSWORD)).code, 0);
    const people = await client.search({ base: BASE, filter: '(objectClass=person)', attributes: ['1.1'] });
    t.same(
      people.entries.map(({ objectName }) => objectName),
      [userDN(ALICE)],
    );
    const groups = await client.search({
      base: BASE,
      filter: `(member=${userDN(ALICE)})`,
      attributes: ['cn', 'member'],
    });
    t.equal(groups.entries.length, 2);
    t.notOk(Buffer.concat(client.raw).includes('mirelle'), 'no other member is named');
    t.equal(
      (await client.search({ base: BASE, filter: `(member=${userDN('mirelle.oskand')})` })).entries.length,
      0,
      'nor found by asking',
    );
    const whoAmI = await client.answered(
      client.send({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' }),
    );
    t.match(whoAmI[0]?.op, { responseValue: Buffer.from(`dn:${userDN(ALICE)}`) });
  });
});

t.test('what is pipelined behind a bind runs after it, under its result (R10, R11, R42)', async (t) => {
  upstream.latency = 60;
  await connected(async (client) => {
    const ids = [
      client.send(simpleBind(userDN(ALICE), PASSWORD)),
      client.send(searchRequest({ base: userDN(ALICE), scope: Scope.baseObject })),
      client.send(simpleBind(userDN(ALICE), 'wrong')),
      client.send(searchRequest({ base: userDN(ALICE), scope: Scope.baseObject })),
      client.send(simpleBind(READER, READER_PASSWORD)),
      client.send({ kind: 'abandonRequest', messageID: 5 }),
      client.send(searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['1.1'] })),
    ];
    const last = await client.answered(ids[6]!);
    t.equal(last.length, 10);
    t.same(
      client.received
        .filter(({ op }) => op.kind !== 'searchResultEntry')
        .map(({ messageID, op }) => [messageID, 'result' in op ? op.result.code : -1]),
      [
        [1, 0],
        [2, 0],
        [3, 49],
        [4, 32],
        [5, 0],
        [7, 0],
      ],
    );
  });
  upstream.latency = 0;
});

t.test('five hundred requests in one write are all answered (R42, R58)', async (t) => {
  await connected(async (client) => {
    t.equal((await client.bind(READER, READER_PASSWORD)).code, 0);
    const requests = Array.from({ length: 500 }, (_, i) =>
      encodeMessage({ messageID: i + 1000, op: searchRequest({ base: BASE, filter: `(uid=${ALICE})` }) }),
    );
    client.write(Buffer.concat(requests));
    await client.until(() => client.received.length === 1001);
    t.same(new Set(client.received.slice(1).map(({ messageID }) => messageID)).size, 500);
  });
});

t.test('writes, password changes and unknown operations have their codes (R18, R49)', async (t) => {
  await connected(async (client) => {
    for (const isBound of [false, true]) {
      if (isBound) await client.bind(userDN(ALICE), PASSWORD);
      t.equal((await client.result({ kind: 'addRequest', entry: userDN('x'), attributes: [] })).code, 53);
      t.equal((await client.result({ kind: 'delRequest', entry: userDN(ALICE) })).code, 53);
      t.equal((await client.result({ kind: 'modifyRequest', object: userDN(ALICE), changes: [] })).code, 53);
      t.equal(
        (await client.result({ kind: 'modDNRequest', entry: userDN(ALICE), newrdn: 'uid=z', deleteoldrdn: true })).code,
        53,
      );
      t.equal((await client.result({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.1' })).code, 53);
      for (const oid of ['1.2.3.4', '', 'x', userDN(ALICE), '1'.repeat(5000)]) {
        t.equal((await client.result({ kind: 'extendedRequest', requestName: oid })).code, 2);
      }
    }
    t.equal(
      (await client.search({ base: userDN(ALICE), scope: Scope.baseObject })).entries.length,
      1,
      'the connection goes on',
    );
  });
});

t.test('malformed requests get 2 and harm nothing; unbind ends immediately (R17, R38, R52)', async (t) => {
  await connected(async (client) => {
    client.write(Buffer.from('30050201016000', 'hex'));
    const [answer] = await client.answered(1);
    t.match(answer?.op, { kind: 'bindResponse', result: { code: 2 } });
    client.write(
      Buffer.concat([
        encodeMessage({ messageID: 8, op: { kind: 'unbindRequest' } }),
        encodeMessage({ messageID: 9, op: simpleBind(ALICE, PASSWORD) }),
      ]),
    );
    await client.closed();
    t.equal(client.received.length, 1, 'nothing behind the unbind is run');
  });
  for (const octets of [
    '3084ffffffff020101',
    '00'.repeat(64),
    '160301',
    '30050201ff4200',
    '3009020500800000004200',
    '474554202f',
    '30050201015f00',
  ]) {
    await connected(async (client) => {
      client.write(Buffer.from(octets, 'hex'));
      await client.closed();
      t.match(
        client.received[0],
        { messageID: 0, op: { kind: 'extendedResponse', responseName: '1.3.6.1.4.1.1466.20036' } },
        octets.slice(0, 20),
      );
    });
  }
  await connected(async (client) => t.equal((await client.bind(ALICE, PASSWORD)).code, 0, 'others are served'));
});

t.test('an outage upstream gives 52 to binds, never 49, and does not stop searches (R78, R79, R81)', async (t) => {
  await connected(async (client) => {
    await client.bind(READER, READER_PASSWORD);
    upstream.fault = 'drop-at-bind';
    t.equal((await (await Client.open(proxy.url)).bind(userDN('tavian.bruskel'), 'user-secret-5003')).code, 52);
    upstream.fault = 'busy';
    t.equal((await (await Client.open(proxy.url)).bind(userDN('tavian.bruskel'), 'user-secret-5003')).code, 51);
    upstream.fault = 'none';
    t.equal((await client.search({ base: BASE, filter: '(uid=*)' })).entries.length, 9);
    upstream.dropConnections();
    t.equal(
      (await (await Client.open(proxy.url)).bind(userDN('tavian.bruskel'), 'user-secret-5003')).code,
      0,
      'idle connections that broke cost nobody an error (R80)',
    );
  });
});

t.test('a member added upstream gets in immediately, one removed is out with the next refresh (R92)', async (t) => {
  const quick = await startProxy(upstream, { directory: { refresh: '200ms' } });
  const client = await Client.open(quick.url);
  t.equal((await client.bind(userDN(OUTSIDER), OUTSIDER_PASSWORD)).code, 49);
  upstream.addToGroup('wayk-users', 'joreth.pellmar');
  t.equal((await client.bind(userDN('joreth.pellmar'), 'user-secret-5011')).code, 0);
  t.equal(
    (await client.search({ base: userDN('joreth.pellmar'), scope: Scope.baseObject })).entries.length,
    1,
    'and finds itself',
  );
  upstream.removeFromGroup('wayk-users', 'joreth.pellmar');
  await eventually(
    async () => (await client.search({ base: userDN('joreth.pellmar'), scope: Scope.baseObject })).result.code === 32,
  );
  t.equal((await client.bind(userDN('joreth.pellmar'), 'user-secret-5011')).code, 49);
  client.destroy();
  await quick.stop();
});

t.test(
  'no password is in the log at its most talkative, and client text cannot forge a line (R98, R99, R100)',
  async (t) => {
    await connected((client) => client.bind('x\r\n{"level":60}\u2028', 'hunter2-secret'));
    const all = proxy.log.join('');
    for (const secret of [PASSWORD, OUTSIDER_PASSWORD, READER_PASSWORD, 'hunter2-secret']) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')])
        t.notOk(all.includes(form));
    }
    for (const line of proxy.log)
      t.ok(!line.slice(0, -1).includes('\n') && !line.includes('\u2028') && typeof JSON.parse(line) === 'object');
    const reasons = new Set(proxy.log.map((line) => (JSON.parse(line) as { reason?: string }).reason));
    for (const reason of [
      'ok',
      'wrong-password',
      'unknown-name',
      'not-a-member',
      'empty-password',
      'upstream-unreachable',
    ])
      t.ok(reasons.has(reason), reason);
  },
);
