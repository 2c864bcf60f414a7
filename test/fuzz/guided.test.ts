// The guided fuzzer: coverage leads it to what blind mutations do not reach, the same way with the same seed; its targets can fail.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fuzzGuided, type Target } from '../../fuzz/guided/guided.js';
import { instrument } from '../../fuzz/guided/instrument.js';
import { runGuided, runInput, TARGETS } from '../../fuzz/guided/run.js';
import { WIRE_FILES } from '../../fuzz/guided/source-files.js';
import { checkCodec } from '../../fuzz/guided/target-codec.js';
import { checkName, dnTarget } from '../../fuzz/guided/target-dn.js';
import { checkText, checkWire } from '../../fuzz/guided/target-filter.js';
import { checkHeader } from '../../fuzz/guided/target-proxy.js';
import { mutated, mutatedInside } from '../../fuzz/mutate.js';
import * as dn from '../../src/ldap/dn.js';
import * as filter from '../../src/ldap/filter.js';
import * as filterText from '../../src/ldap/filter-text.js';
import { type ProxyHeader, readProxyHeader } from '../../src/server/proxy-header.js';
import * as ber from '../../src/wire/ber.js';
import * as controls from '../../src/wire/controls.js';
import * as decode from '../../src/wire/decode.js';
import * as encode from '../../src/wire/encode.js';
import * as errors from '../../src/wire/errors.js';
import * as wireFilter from '../../src/wire/filter.js';
import * as frame from '../../src/wire/frame.js';
import { simpleBind } from '../support/client.js';

const HOUR = 3_600_000;
const BUDGET = 100_000;

async function maze(): Promise<Target> {
  const { trace, literals, load, remove } = instrument([...WIRE_FILES, 'test/fuzz/planted-maze.ts']);
  const { check } = await load<typeof import('./planted-maze.js')>('test/fuzz/planted-maze.ts');
  remove();
  const op = {
    kind: 'searchRequest',
    baseObject: 'dc=x',
    scope: 0,
    derefAliases: 0,
    sizeLimit: 1,
    timeLimit: 0,
    typesOnly: false,
    filter: { kind: 'present', attribute: 'cn' },
    attributes: [],
  } as const;
  const seeds = [encode.encodeMessage({ messageID: 1, op })];
  const mutate: Target['mutate'] = (random, inputs) =>
    random.once(2) ? mutated(random, inputs) : mutatedInside(random, inputs);
  return { trace, words: literals, seeds, longest: 512, mutate, check: (input) => void check(input) };
}

t.test(
  'a defect behind nested conditions is found by coverage, and not without it in as many executions',
  async (t) => {
    // Of the first seeds most find it in time; which ones changes with every change of the decoder.
    let options = { seed: 0, time: HOUR, executions: BUDGET };
    let result = await fuzzGuided(await maze(), { ...options, executions: 0 });
    while (result.finding === undefined && options.seed < 4) {
      options = { ...options, seed: options.seed + 1 };
      result = await fuzzGuided(await maze(), options);
    }
    t.comment(`found after ${result.executions} executions`);
    t.match(result.finding?.what, /planted: the end of the maze/);
    t.match(result.finding?.what, /planted-maze/, 'with the place');
    const [input] = result.finding?.input ?? [];
    t.ok((input?.length ?? 999) <= 64, `made small: ${input?.length} bytes`);
    const again = await fuzzGuided(await maze(), options);
    t.same(
      [again.executions, again.edges, again.finding?.input],
      [result.executions, result.edges, [input]],
      'the same seed',
    );
    const blind = await fuzzGuided(await maze(), { ...options, isGuided: false });
    t.equal(blind.finding, undefined);
    t.equal(blind.executions, BUDGET);
  },
);

for (const [name, make] of Object.entries(TARGETS)) {
  t.test(`${name}: more branches than its seeds take, and nothing wrong`, async (t) => {
    const seeds = await fuzzGuided(await make(), { seed: 1, time: HOUR, executions: 0 });
    const result = await fuzzGuided(await make(), { seed: 1, time: HOUR, executions: 1000 });
    t.equal(result.finding, undefined);
    t.ok(result.edges > seeds.edges + 5, `${seeds.edges} edges by seeds, ${result.edges} after ${result.executions}`);
  });
}

t.test('every invariant can fail: a defect planted in what it holds is seen', async (t) => {
  const wire = { ...frame, ...decode, ...encode, ...errors, ...controls };
  const bind = encode.encodeMessage({ messageID: 5, op: simpleBind('cn=x', 'secret') });
  t.equal(checkCodec(wire, bind), undefined);
  class Forgetful extends frame.Framer {
    override push(chunk: Buffer) {
      super.push(chunk.length === 1 && chunk[0] === 0x73 ? Buffer.of(0) : chunk);
    }
  }
  t.match(checkCodec({ ...wire, Framer: Forgetful }, bind), /cut another way/);
  class Hoarder extends frame.Framer {
    readonly all: Buffer[] = [];
    override push(chunk: Buffer) {
      this.all.push(chunk);
      super.push(chunk);
    }
  }
  t.match(checkCodec({ ...wire, Framer: Hoarder }, bind), /more Buffers are kept/);
  class Eager extends frame.Framer {
    override get needsMore() {
      return false;
    }
  }
  t.match(checkCodec({ ...wire, Framer: Eager }, bind), /needsMore is wrong/);
  const lossy: typeof encode.encodeMessage = (message) => encode.encodeMessage({ ...message, messageID: 1 });
  t.match(checkCodec({ ...wire, encodeMessage: lossy }, bind), /it is another/);
  const throwing = () => {
    throw new RangeError('planted');
  };
  t.throws(() => checkCodec({ ...wire, decodeResponse: throwing }, bind), { message: 'planted' });

  const { trace } = await dnTarget();
  const name = 'cn=a b+uid=C,dc=x';
  t.equal(checkName(dn, trace, name), undefined);
  t.match(checkName({ ...dn, dnKey: (value) => dn.formatDN(value) }, trace, name), /key/);
  t.match(checkName({ ...dn, formatDN: (value) => `${dn.formatDN(value)} ,dc=y` }, trace, name), /another name/);
  t.match(checkName({ ...dn, parseAny: () => undefined }, trace, name), /differ/);
  const slow: typeof dn.parseDN = (text) => {
    for (let i = 0; i < text.length ** 2; i++) trace.hit(1);
    return dn.parseDN(text);
  };
  t.match(checkName({ ...dn, parseDN: slow }, trace, `cn=${'a'.repeat(200)}`), /too many steps/);

  const filters = { ...filter, ...filterText, ...wireFilter, ...ber, ...errors };
  const limited = (limits: object): typeof filters => Object.assign({}, filters, limits);
  const text = '(&(cn=a*b)(!(uid=\\2a)))';
  t.equal(checkText(filters, text), undefined);
  const unescaped: typeof filterText.formatFilter = (value) => filterText.formatFilter(value).replaceAll('\\2a', '*');
  t.match(checkText({ ...filters, formatFilter: unescaped }, text), /another filter/);
  t.match(checkText(limited({ MAX_FILTER_DEPTH: 2 }), text), /deeper/);
  t.match(checkText(limited({ MAX_FILTER_COMPONENTS: 3 }), text), /more components/);
  const writer = new ber.BerWriter();
  wireFilter.encodeFilter(writer, filterText.parseFilter(text));
  const octets = writer.finish();
  t.equal(checkWire(filters, octets), undefined);
  t.match(checkWire({ ...filters, formatFilter: unescaped }, octets), /its text/);

  const line = Buffer.from('PROXY TCP6 2001:db8::7 ::1 1 2\r\n');
  t.equal(checkHeader(readProxyHeader, line), undefined);
  const planted = (change: (header: ProxyHeader, input: Buffer) => ProxyHeader) =>
    checkHeader((input) => change(readProxyHeader(input), input), line);
  t.match(
    planted((header) => (header.kind === 'header' ? { ...header, address: 'x' } : header)),
    /not an address/,
  );
  const asSpelled = (header: ProxyHeader, input: Buffer) =>
    header.kind === 'header' ? { ...header, address: input.toString('latin1').split(' ')[2] ?? '' } : header;
  t.match(planted(asSpelled), /one address/);
  t.match(
    planted((header, { length }) => (header.kind === 'header' ? { ...header, length } : header)),
    /what follows it/,
  );
  t.match(
    planted((header, { length }) => (length < 10 ? { kind: 'invalid', why: '' } : header)),
    /bytes of it/,
  );
  t.match(
    checkHeader(() => ({ kind: 'incomplete' }), Buffer.alloc(200)),
    /longer than any header/,
  );
});

t.test('a corpus is read and written; one input is run again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-corpus-'));
  let out = '';
  const write = (text: string) => {
    out += text;
  };
  const run = (seed: number, executions: number) =>
    runGuided({ names: ['proxy'], seed, time: HOUR, executions, corpus: folder, write });
  t.equal(await run(4, 2000), true);
  t.match(
    out,
    /^proxy: 2,000 executions, [0-9,]+ a second, [0-9]+ edges, [0-9]+ inputs kept, --seed 4\nnothing was found\n$/,
  );
  const kept = readdirSync(join(folder, 'proxy')).length;
  t.ok(kept > 10, `${kept} inputs`);
  out = '';
  t.equal(await run(5, kept), true);
  const edges = (text: string) => Number(/([0-9]+) edges/.exec(text)?.[1]);
  t.ok(edges(out) >= 80, `the corpus alone takes ${edges(out)} edges`);
  rmSync(folder, { recursive: true });
  t.equal(await runInput('dn', Buffer.from('cn=x'), write), true);
});

t.test('npm run fuzz -- --coverage: figures, or usage for what it does not know', async (t) => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import=tsx', 'fuzz/main.ts', ...args], { encoding: 'utf8', timeout: 60_000 });
  const { status, stdout, stderr } = run('--coverage', 'proxy', '--messages', '500', '--seed', '4');
  t.equal(status, 0, stderr);
  t.match(stdout, /^proxy: 500 executions, .*, --seed 4\nnothing was found\n$/);
  for (const wrong of [['nonsense'], ['all', '--input', '00']]) {
    const ended = run('--coverage', ...wrong);
    t.equal(ended.status, 2, wrong.join(' '));
    t.match(ended.stderr, /--coverage takes one of codec, dn, filter, proxy, all/);
  }
});
