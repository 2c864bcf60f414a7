// The pool of bind connections in front of upstreams of every kind: right, wrong, silent, broken, hostile.
import type { Socket } from 'node:net';
import t from 'tap';
import type { Verdict } from '../../src/gate/ports.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { answering, bindResponse, FakeUpstream, type Script, silent, testAuthority } from '../support/fake-upstream.js';
import { DN, PASSWORD, poolFor, started, TestJob, verify } from '../support/pool.js';
import { eventually } from '../support/proxy.js';

t.test(
  'an accepted bind is a right password, 49 is a wrong one, and the password arrives byte for byte (R7)',
  async (t) => {
    const upstream = await started(t, answering(0));
    const pool = poolFor(t, [upstream]);
    const octets = Buffer.from([0, 0xff, 0x80, 0x20, 0x0a]);
    t.same(await verify(pool, DN, Buffer.from(octets)), { kind: 'accepted' });
    t.match(upstream.requests[0]?.op, {
      kind: 'bindRequest',
      version: 3,
      name: DN,
      authentication: { method: 'simple', password: octets },
    });
    upstream.script = answering(49);
    t.same(await verify(pool), { kind: 'refused' });
    t.equal(upstream.connections, 1, 'the connection is bound again, not opened again');
  },
);

/** Of an answer: longer than what is read at a time, and than one byte of length can say. */
for (const octets of [1, 100, 127, 128, 1000, 1024, 5000, 60_000])
  for (const cleartext of [false, true])
    t.test(`a text of ${octets} bytes changes no answer, ${cleartext ? 'in cleartext' : 'over TLS'}`, async (t) => {
      const codes = [0, 49, 0];
      const upstream = await started(
        t,
        ({ messageID }, socket) => {
          const text = codes.length === 2 ? '' : '0'.repeat(octets);
          const result = { code: codes.shift() ?? 80, matchedDN: '', text };
          socket.write(encodeMessage({ messageID, op: { kind: 'bindResponse', result } }));
        },
        { cleartext },
      );
      const pool = poolFor(t, [upstream], { allowCleartext: cleartext });
      const kinds: string[] = [];
      for (let i = 0; i < 3; i++) kinds.push((await verify(pool)).kind);
      t.same(kinds, ['accepted', 'refused', 'accepted']);
      t.equal(upstream.connections, 1);
    });

t.test('every other code is trouble and never a wrong password (R78)', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream]);
  for (const [code, mapped] of [
    [51, 51],
    [52, 52],
    [53, 80],
    [3, 3],
    [11, 11],
    [1, 80],
    [10, 80],
    [32, 80],
    [34, 80],
    [80, 80],
    [4096, 80],
  ] as const) {
    upstream.script = answering(code);
    const verdict = await verify(pool);
    t.match(verdict, { kind: 'trouble', code: mapped }, `code ${code}`);
  }
});

t.test('a certificate that is not right keeps the password here (R76)', async (t) => {
  const { issue } = await testAuthority();
  const yesterday = new Date(Date.now() - 86_400_000);
  for (const [name, certificate] of [
    ['for another name', await issue(['ldap.example.org'])],
    ['expired', await issue(['localhost'], yesterday)],
  ] as const) {
    const upstream = await started(t, answering(0), { certificate });
    t.match(await verify(poolFor(t, [upstream])), { kind: 'trouble', code: 52, reason: 'upstream-tls' }, name);
    t.equal(upstream.requests.length, 0, `${name}: nothing was sent`);
  }
  const upstream = await started(t, answering(0));
  const trouble = { kind: 'trouble', code: 52, reason: 'upstream-tls' };
  t.match(await verify(poolFor(t, [upstream], { ca: undefined })), trouble, 'of an unknown authority');
  t.equal(upstream.requests.length, 0, 'nothing was sent');
});

t.test(
  'an upstream without TLS gets no password, and cleartext is refused unless it is switched on (R76)',
  async (t) => {
    const clear = await started(t, answering(0), { cleartext: true });
    const pool = poolFor(t, [clear], { urls: [`ldaps://localhost:${clear.port}`], connectTime: 300 });
    t.match(await verify(pool), { kind: 'trouble', code: 52 });
    t.equal(clear.binds.length, 0);
    t.throws(() => poolFor(t, [clear]), /in clear/);
    t.same(await verify(poolFor(t, [clear], { allowCleartext: true })), { kind: 'accepted' });
  },
);

t.test(
  'an upstream that is not there, hangs, resets, closes or talks garbage is trouble in bounded time (R77)',
  async (t) => {
    const gone = await FakeUpstream.start(silent);
    await gone.stop();
    const unreachable = { kind: 'trouble', code: 52, reason: 'upstream-unreachable' };
    t.match(await verify(poolFor(t, [gone])), unreachable, 'refuses');

    const deaf = await started(t, silent, { cleartext: true });
    const noHandshake = poolFor(t, [deaf], { urls: [`ldaps://localhost:${deaf.port}`], connectTime: 150 });
    t.match(await verify(noHandshake), { kind: 'trouble', code: 52, reason: 'upstream-timeout' }, 'no TLS handshake');

    const mute = await started(t, silent);
    const slow = poolFor(t, [mute], { operationTime: 200 });
    t.match(await verify(slow), { kind: 'trouble', code: 3, reason: 'upstream-timeout' }, 'silent after the handshake');
    await eventually(() => mute.openConnections === 0);
    t.pass('a connection that hung is not used again');

    const harms: [string, (socket: Socket, messageID: number) => void][] = [
      ['resets', (socket) => void socket.destroy()],
      ['closes', (socket) => void socket.end()],
      ['talks garbage', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['answers another message', (socket, messageID) => void socket.write(bindResponse(messageID + 1, 0))],
      ['sends a Notice of Disconnection', (socket) => void socket.end(notice())],
      ['sends a length of 4 GiB', (socket) => void socket.write(Buffer.from('3084ffffffff', 'hex'))],
      ['answers with another operation', (socket, messageID) => void socket.write(deleted(messageID))],
    ];
    for (const [name, harm] of harms) {
      const upstream = await started(t, ({ messageID }, socket) => harm(socket, messageID));
      const pool = poolFor(t, [upstream]);
      t.match(await verify(pool), { kind: 'trouble', code: 52 }, name);
      t.ok(upstream.binds.length <= 2, `${name}: sent at most twice (R83)`);
      upstream.script = answering(0);
      t.same(await verify(pool), { kind: 'accepted' }, `${name}: and works again afterwards (R81)`);
    }
  },
);

t.test('one byte at a time is still an answer; half an answer is not', async (t) => {
  const dribble: Script = ({ messageID }, socket) => {
    const octets = [...bindResponse(messageID, 0)];
    const next = () => {
      const octet = octets.shift();
      if (octet !== undefined) socket.write(Buffer.of(octet), next);
    };
    next();
  };
  const upstream = await started(t, dribble);
  t.same(await verify(poolFor(t, [upstream])), { kind: 'accepted' });
  upstream.script = ({ messageID }, socket) => void socket.end(bindResponse(messageID, 0).subarray(0, 5));
  t.match(await verify(poolFor(t, [upstream])), { kind: 'trouble', code: 52 });
  t.equal(upstream.binds.length, 2, 'and is not repeated, for an answer had begun (R83)');
});

t.test('a second answer to one bind is never taken for the next one’s (R84)', async (t) => {
  const twice: Script = ({ messageID }, socket) => {
    socket.write(
      Buffer.concat([bindResponse(messageID, 49), bindResponse(messageID, 0), bindResponse(messageID + 1, 0)]),
    );
  };
  const upstream = await started(t, twice);
  const pool = poolFor(t, [upstream], { size: 1 });
  for (let i = 0; i < 5; i++) t.not((await verify(pool)).kind, 'accepted');
});

t.test('connections that the upstream closed while idle cost nobody an error (R80)', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream], { size: 1 });
  for (const harm of ['endConnections', 'dropConnections'] as const) {
    t.same(await verify(pool), { kind: 'accepted' });
    upstream[harm]();
    t.same(await verify(pool), { kind: 'accepted' }, harm);
  }
});

t.test('thirty binds at the same time share the pool, and open only its connections (R86, R87)', async (t) => {
  const waiting: (() => void)[] = [];
  const upstream = await started(t, ({ messageID, op }, socket) => {
    const right = op.kind === 'bindRequest' && op.name.startsWith('uid=even');
    waiting.push(() => socket.write(bindResponse(messageID, right ? 0 : 49)));
  });
  const pool = poolFor(t, [upstream], { size: 8 });
  const verdicts = Array.from({ length: 30 }, (_, i) => verify(pool, `uid=${i % 2 === 0 ? 'even' : 'odd'}${i},${DN}`));
  for (let answered = 0; answered < 30; ) {
    await eventually(() => waiting.length > 0);
    t.ok(waiting.length <= 8, 'one bind in flight per connection');
    answered += waiting.length;
    for (const answer of waiting.splice(0).reverse()) answer();
  }
  const kinds = (await Promise.all(verdicts)).map(({ kind }) => kind);
  t.same(
    kinds,
    Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 'accepted' : 'refused')),
    'everybody gets its own answer',
  );
  t.ok(upstream.connections <= 8);
});

t.test('a bind that waits for a connection learns so when its time is over; one that left is not served', async (t) => {
  const upstream = await started(t, silent);
  const pool = poolFor(t, [upstream], { size: 1, operationTime: 300 });
  const first = verify(pool);
  await eventually(() => upstream.binds.length === 1);
  const gone: Verdict[] = [];
  const job = new TestJob('uid=gone', PASSWORD, (verdict) => void gone.push(verdict));
  pool.verify(job);
  pool.withdraw(job);
  const third = verify(pool, 'uid=third');
  t.equal(pool.state().waiting, 1);
  t.match(await first, { kind: 'trouble', code: 3 });
  t.match(await third, { kind: 'trouble' });
  t.match(gone, [{ kind: 'trouble' }], 'and that no password was checked is known');
  t.notOk(upstream.binds.includes('uid=gone'), 'a bind whose client has left is not sent');
});

t.test(
  'the next address is tried when the first one does not answer, and a 49 is tried nowhere else (R82, R83)',
  async (t) => {
    const gone = await FakeUpstream.start(silent);
    await gone.stop();
    const second = await started(t, answering(0));
    const pool = poolFor(t, [gone, second]);
    t.same(await verify(pool), { kind: 'accepted' });
    second.script = answering(49);
    const before = second.binds.length;
    t.same(await verify(pool), { kind: 'refused' });
    t.equal(second.binds.length, before + 1);
  },
);

t.test('a closed pool answers, and an idle connection is closed after its time', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream], { idleTime: 100 });
  await verify(pool);
  await eventually(() => pool.state().open === 0);
  pool.close();
  t.match(await verify(pool), { kind: 'trouble', code: 51 });
});

function notice(): Buffer {
  return encodeMessage({
    messageID: 0,
    op: {
      kind: 'extendedResponse',
      result: { code: 52, matchedDN: '', text: '' },
      responseName: '1.3.6.1.4.1.1466.20036',
    },
  });
}

function deleted(messageID: number): Buffer {
  return encodeMessage({ messageID, op: { kind: 'delResponse', result: { code: 0, matchedDN: '', text: '' } } });
}
