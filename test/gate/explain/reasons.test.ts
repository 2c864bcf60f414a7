// The table of reasons: it agrees with the result codes, and everything that shows or weighs a reason follows it for every one of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t from 'tap';
import { parse } from 'yaml';
import { operationLines } from '../../../src/cli/watch-text.js';
import { KINDS, REASONS, textOfReason } from '../../../src/gate/explain/reasons.js';
import { type Reason, reasonOfEnd } from '../../../src/gate/reason.js';
import { Trace } from '../../../src/gate/trace.js';
import { ResultCode } from '../../../src/ldap/result-code.js';
import { adviceFor } from '../../../src/ops/learn/advice.js';
import { ClientProfiles } from '../../../src/ops/learn/client-profile.js';
import { createLog, logOperation } from '../../../src/ops/log/log.js';
import { bindsPlot } from '../../../src/ops/page/plots.js';
import { operationRows } from '../../../src/ops/page/rows.js';
import { STYLE } from '../../../src/ops/page/style.js';
import { RecentOperations } from '../../../src/ops/telemetry/recent-operations.js';
import { READY } from '../../support/ops.js';

const SOURCE = { connection: 1, address: '192.0.2.1', port: 1, channel: 'tls' as const };
const all = Object.keys(REASONS) as Reason[];

function ended(reason: Reason, operation: Trace['operation'] = 'bind', account = 'quillon.varrek'): Trace {
  const trace = new Trace(operation, () => 0);
  trace.account = account;
  return trace.end(REASONS[reason].codes[0] ?? 0, reason);
}

function recordOf(trace: Trace) {
  const recent = new RecentOperations(() => true, 'x');
  recent.add(trace, SOURCE, 0);
  return recent.newest();
}

t.test(
  'a result code at the end of a search or compare has a reason that lists this code, or is a defect',
  async (t) => {
    const known = new Map<number, Reason>();
    for (const code of Object.values(ResultCode)) {
      const reason = reasonOfEnd(code);
      if (reason === 'defect') continue;
      known.set(code, reason);
      t.ok(REASONS[reason].codes.includes(code), `${code} ${reason}`);
    }
    t.same(
      [0, 3, 4, 5, 6, 11, 16, 17, 32, 34, 51, 118].map((code) => known.get(code)),
      [
        'ok',
        'time-limit',
        'size-limit',
        'ok',
        'ok',
        'admin-limit',
        'ok',
        'ok',
        'not-found',
        'invalid-name',
        'busy-here',
        'canceled',
      ],
    );
    for (const code of [1, 49, 53, 80, 4711]) t.equal(reasonOfEnd(code), 'defect', String(code));
  },
);

t.test('only ok goes with success, and somebody has to act unless nothing can be done', async (t) => {
  for (const reason of all) {
    const { codes, party, outcome, level } = REASONS[reason];
    t.equal(codes.includes(ResultCode.success), reason === 'ok', reason);
    t.equal(outcome === 'done', reason === 'ok', reason);
    if (level !== 'info') t.equal(outcome, 'failed', `${reason}: what is worth a warning was not decided`);
    // A wrong password is the only thing that 49 may tell: never an outage or a limit of ours.
    if (outcome === 'failed') t.notOk(codes.includes(ResultCode.invalidCredentials), reason);
    if (party === 'upstream') t.same([outcome, level], ['failed', 'warn'], reason);
  }
});

t.test('the log: a bind at the level of its reason, everything else at debug, defects at error', async (t) => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (text: Buffer, _encoding, done) => {
      lines.push(...text.toString().trim().split('\n'));
      done();
    },
  });
  const { log } = await createLog({ level: 'debug', format: 'json' }, stream);
  const levelOf = (trace: Trace) => {
    logOperation(log, trace, SOURCE);
    log.flush();
    return (JSON.parse(lines.pop() ?? '') as { level: string }).level;
  };
  for (const reason of all) {
    const { level } = REASONS[reason];
    t.equal(levelOf(ended(reason)), level, reason);
    t.equal(levelOf(ended(reason, 'search')), level === 'error' ? 'error' : 'debug', reason);
  }
  t.equal(levelOf(Object.assign(ended('ok'), { isStale: true })), 'warn', 'a cached password in an outage');
  t.equal(levelOf(ended('ok', 'bind', '')), 'debug', 'an anonymous bind, which decides nothing');
});

t.test('watch: green, yellow or red by the outcome; a reason of a newer instance is yellow', async (t) => {
  const colourOf = (reason: string) => {
    const painted = new Map<string, string>();
    operationLines({ ...recordOf(ended('ok')), reason: reason as Reason, code: 1 }, (colour, text) => {
      if (text.startsWith('→')) painted.set('outcome', colour);
      return text;
    });
    return painted.get('outcome');
  };
  const colours = { done: 'green', refused: 'yellow', failed: 'red' };
  for (const reason of all) t.equal(colourOf(reason), colours[REASONS[reason].outcome], reason);
  for (const reason of ['of-tomorrow', 'toString', '__proto__']) {
    t.equal(textOfReason(reason), undefined);
    t.equal(colourOf(reason), 'yellow');
  }
});

t.test('the page: each reason is drawn in the colour of its kind, and each kind has one in both schemes', async (t) => {
  for (const reason of all) {
    const { kind } = REASONS[reason];
    t.match(
      operationRows([recordOf(ended(reason))], { hasApps: false, asksWhy: false, nameOf: String, state: READY })[0]
        ?.text,
      new RegExp(`class="pill [^"]*\\b${kind}"`),
      reason,
    );
    const minute = { at: 0, reasons: new Map([[reason, 1]]), upstream: { count: 0 }, cached: 0 };
    const plot = bindsPlot([minute as unknown as Parameters<typeof bindsPlot>[0][number]]).text;
    t.match(plot, new RegExp(`<rect class="${kind}" x=[\\s\\S]*<rect class="${kind}" width="12"`), reason);
  }
  for (const kind of KINDS) {
    t.equal(STYLE.split(`--${kind}:#`).length, 3, `${kind}: light and dark`);
    t.match(STYLE, new RegExp(`rect(\\.base)?\\.${kind}\\{fill:var\\(--${kind}\\)`), kind);
    t.match(STYLE, `.pill.${kind}{`, `pill ${kind}`);
  }
});

t.test('learn: what the table advises is what a client is advised, for binds and for everything else', async (t) => {
  for (const operation of ['bind', 'extended'] as const) {
    for (const reason of all) {
      const profiles = new ClientProfiles();
      profiles.operation(recordOf(ended(reason, operation)));
      const { advice } = REASONS[reason];
      t.same(profiles.clients().flatMap(adviceFor), advice === undefined ? [] : [advice], `${operation} ${reason}`);
    }
  }
});

t.test('the alert about the upstream names exactly the reasons that are the upstream’s', async (t) => {
  const { groups } = parse(readFileSync('config/alerts.yaml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const rule = groups.flatMap(({ rules }) => rules).find(({ alert }) => alert === 'JumpgateUpstreamTrouble');
  const named = new RegExp(`^(?:${/reason=~"([^"]+)"/.exec(rule?.expr ?? '')?.[1] ?? '$.'})$`);
  for (const reason of all) t.equal(named.test(reason), REASONS[reason].party === 'upstream', reason);
});

t.test('nothing in the source tells reasons apart by their spelling or by a table of its own', async (t) => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files.filter((name) => !/\breasons?\.ts$/.test(name))) {
    const text = readFileSync(join('src', file), 'utf8');
    t.notMatch(text, /(starts|ends)With\(['"`](upstream|-?snapshot|-busy)|(Partial<)?Record<Reason,/, file);
  }
});
