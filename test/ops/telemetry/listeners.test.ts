// A defect planted in every listener: the others receive everything, the operation goes on, and the defect is counted and reported.
import t from 'tap';
import { Trace } from '../../../src/gate/trace.js';
import {
  type DefectReport,
  ListenerDefects,
  type ListenerName,
  Listeners,
  type NamedListener,
} from '../../../src/ops/telemetry/listeners.js';
import { Telemetry } from '../../../src/ops/telemetry/telemetry.js';

const SOURCE = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };
const NAMES: readonly ListenerName[] = ['audit', 'log', 'telemetry'];
const hostile = () =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('no property');
      },
      getPrototypeOf: () => {
        throw new Error('no prototype');
      },
    },
  );
const THROWN: readonly [string, unknown][] = [
  ['an Error', new TypeError('planted')],
  ['an Error without a stack', Object.assign(new Error('planted'), { stack: undefined })],
  ['a string', 'planted'],
  ['undefined', undefined],
  ['null', null],
  ['an object without text', Object.create(null)],
  ['a symbol', Symbol('planted')],
  ['an object that throws whatever is asked of it', hostile()],
];

const ended = () => new Trace('bind', () => 0).end(0, 'ok');

function make(faulty: ListenerName, thrown: unknown, often: 'once' | 'always', logFails = false) {
  const heard = new Map<string, number>();
  const [reports, elsewhere]: [DefectReport[], string[]] = [[], []];
  const clock = { now: 0 };
  const defects = new ListenerDefects({
    log: (report) => {
      if (logFails) throw new Error('the log fails');
      reports.push(report);
    },
    elsewhere: (text) => elsewhere.push(text),
    now: () => clock.now,
  });
  let hasThrown = false;
  const hear = (name: ListenerName, what: string) => {
    if (name === faulty && (often === 'always' || !hasThrown)) {
      hasThrown = true;
      throw thrown;
    }
    heard.set(`${name} ${what}`, (heard.get(`${name} ${what}`) ?? 0) + 1);
  };
  const listeners = NAMES.map(
    (name): NamedListener => ({
      name,
      operation: () => hear(name, 'operation'),
      fault: () => hear(name, 'fault'),
    }),
  );
  return { heard, reports, elsewhere, clock, defects, listeners: new Listeners(listeners, defects) };
}

for (const faulty of NAMES)
  for (const [what, thrown] of THROWN)
    for (const often of ['once', 'always'] as const)
      t.test(`${faulty} throws ${what} ${often}`, async (t) => {
        const { heard, reports, elsewhere, defects, listeners } = make(faulty, thrown, often);
        for (let i = 0; i < 5; i++) {
          listeners.operation(ended(), SOURCE);
          listeners.fault('idle', '', SOURCE);
        }
        for (const name of NAMES.filter((each) => each !== faulty))
          t.same([heard.get(`${name} operation`), heard.get(`${name} fault`)], [5, 5], name);
        t.same([...defects.counts], [[faulty, often === 'once' ? 1 : 10]]);
        t.equal(reports.length + elsewhere.length, 1, 'told once');
        t.equal(elsewhere.length, faulty === 'log' ? 1 : 0, 'a log that fails is not asked to say so');
        t.match(JSON.stringify([reports, elsewhere]), new RegExp(faulty));
        for (const text of elsewhere) t.match(text, /^jumpgate: .*\n$/, 'one line');
      });

t.test('a defect is reported once a minute, with how often it came since', async (t) => {
  const { reports, clock, defects, listeners } = make('audit', new TypeError('planted'), 'always');
  for (let i = 0; i < 100; i++) listeners.operation(ended(), SOURCE);
  clock.now = 59_999;
  listeners.operation(ended(), SOURCE);
  t.equal(reports.length, 1);
  clock.now = 60_000;
  listeners.operation(ended(), SOURCE);
  t.match(reports, [
    { listener: 'audit', defects: 1, 'error.message': 'TypeError: planted', 'error.stack': [/^at /] },
    { listener: 'audit', defects: 101 },
  ]);
  t.equal(defects.counts.get('audit'), 102);
});

t.test('where the log fails as well, standard error receives both, and may fail too', async (t) => {
  const { elsewhere, defects, listeners } = make('audit', new Error('planted'), 'always', true);
  listeners.operation(ended(), SOURCE);
  t.equal(elsewhere.length, 2);
  t.same(
    [...defects.counts],
    [
      ['audit', 1],
      ['log', 1],
    ],
  );
  const fail = () => {
    throw new Error('no');
  };
  const deaf = new ListenerDefects({ log: fail, elsewhere: fail, now: () => 0 });
  t.doesNotThrow(() => deaf.add('page', hostile()));
});

t.test('an event stream that throws is dropped and told why; the others go on', async (t) => {
  const names = ['a', 'b', 'c'];
  for (const faulty of names)
    for (const kind of ['operation', 'fault'] as const)
      for (const [what, thrown] of THROWN) {
        const telemetry = new Telemetry(() => true, Date.now);
        const heard: string[] = [];
        const failed: [string, unknown][] = [];
        for (const name of names) {
          const hear = (of: string) => {
            if (name === faulty && of === kind) throw thrown;
            heard.push(`${name} ${of}`);
          };
          telemetry.listen({
            operation: () => hear('operation'),
            fault: () => hear('fault'),
            fail: (error) => {
              failed.push([name, error]);
              throw new Error('and this fails as well');
            },
          });
        }
        for (let i = 0; i < 2; i++) {
          telemetry.operation(ended(), SOURCE);
          telemetry.fault('idle', '', SOURCE);
        }
        for (const name of names.filter((each) => each !== faulty))
          t.equal(heard.filter((each) => each.startsWith(name)).length, 4, `${faulty} ${kind} ${what}`);
        t.equal(failed.length, 1);
        t.ok(failed[0]?.[0] === faulty && Object.is(failed[0][1], thrown));
        t.equal(telemetry.listening, 2);
        t.equal(telemetry.tallies.unnamed.operations.all()[0]?.count, 2, 'and all is counted');
      }
});
