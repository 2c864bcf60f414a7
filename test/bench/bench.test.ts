// The benchmark itself: that it runs, checks what it is answered, and writes what it measured.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withoutOpenLDAP } from '../support/openldap.js';

/** Runs `npm run bench` without building; resolves with its exit code and what it printed. */
function bench(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args]);
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      text.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text.err += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...text }));
  });
}

t.test(
  'a short run of one work gives numbers for everybody, the targets and the JSON file',
  { skip: withoutOpenLDAP },
  async (t) => {
    const json = join(t.testdir(), 'bench.json');
    const works = ['--only', 'search1', '--peers', 'back-ldap', '--processes', '2'];
    const { code, out, err } = await bench([
      ...works,
      ...['--connections', '16', '--rounds', '1', '--seconds', '0.2', '--json', json],
    ]);
    t.equal(code, 0, err);
    t.match(out, /\| search1 ×16 \| jumpgate ÷ back-ldap \|/);
    t.match(out, /search1, 16 connections: CPU per operation of jumpgate ÷ back-ldap \| ≤ 0\.11 \|/);
    t.match(out, /^Others used \d/m);
    const written = JSON.parse(readFileSync(json, 'utf8'));
    t.match(written, {
      date: /^\d{4}-/,
      node: process.version,
      openldap: /^\d/,
      cpu: { model: String, cores: Number },
      options: { processes: 2 },
    });
    t.same(
      written.runs.map((run: { who: string }) => run.who),
      ['jumpgate', 'back-ldap'],
    );
    for (const run of written.runs) {
      t.notOk('void' in run, run.who);
      for (const name of ['rate', 'p50', 'p99', 'memory']) t.ok(run[name] > 0, `${run.who}: ${name}`);
    }
    t.ok(written.targets.length > 0);
  },
);

t.test('the directory alone is measured without OpenLDAP', async (t) => {
  const { code, out, err } = await bench(['--scale', '--members', '500']);
  t.equal(code, 0, err);
  t.match(out, /\| 500 \| \d/);
});

t.test('wrong usage is reported, and ends with 2', async (t) => {
  const { code, err } = await bench(['--only', 'bnid']);
  t.equal(code, 2);
  t.match(err, /--only: unknown value bnid, use bind, login/);
});

t.test('help has examples', async (t) => {
  const { code, out } = await bench(['--help']);
  t.equal(code, 0);
  t.match(out, /npm run bench -- --quick/);
});
