// `npm run bench`: starts everything, measures, prints, and leaves nothing behind.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../src/version.js';
import { hasStore, STORE_PROGRAM } from '../test/support/store-program.js';
import type { ContestantName, Surroundings } from './contestants.js';
import { withoutMissing } from './lloadd.js';
import { HELP, type Options, readOptions, UsageError } from './options.js';
import { endAll, launchOwn, message } from './processes.js';
import { caseTable, otherTable, quietLine, targetTable, voidList } from './report.js';
import { Results } from './results.js';
import { type Course, runCases, runIdle, runStarts } from './rounds.js';
import { measureScale } from './scale.js';
import { slapdVersion, startUpstream } from './slapd.js';
import { startStore } from './store.js';
import { judge } from './targets.js';
import { casesAt, peersIn, type Work } from './works.js';

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const print = (text: string) => void process.stdout.write(`${text}\n`);

/** What the numbers depend on. */
function circumstances(options: Options, openldap: string | undefined) {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    jumpgate: version,
    node: process.version,
    openldap,
    cpu: { model: first?.model.trim() ?? 'unknown', cores: cpus().length },
    options,
  };
}

async function compare(options: Options, openldap: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void endAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
  const results = new Results();
  try {
    await measureAll(options, folder, results);
  } finally {
    await endAll();
  }
  const judged = judge(results, options.idleConnections);
  const sections = [
    caseTable(results),
    otherTable(results),
    targetTable(judged),
    quietLine(results),
    voidList(results),
  ];
  print(sections.filter((section) => section !== '').join('\n\n'));
  if (options.json !== undefined) {
    const all = { ...circumstances(options, openldap), targets: judged, runs: results.runs };
    writeFileSync(options.json, `${JSON.stringify(all, undefined, 2)}\n`);
  }
  return results.runs.some((run) => run.void !== undefined) ? 1 : 0;
}

async function measureAll(options: Options, folder: string, results: Results): Promise<void> {
  const { works, peers, connections, roundTrips, rounds, seconds, idleConnections, processes, profile, lloadd } =
    options;
  tell('loading the upstream directory');
  const upstream = await startUpstream(folder);
  const load = launchOwn('load.ts');
  const store = works.includes('fleet') ? await startStore(folder) : undefined;
  for (const roundTrip of roundTrips) {
    let upstreamPort = upstream.port;
    // What is not Jumpgate's, and no foreign load either.
    const upstreamPids = [upstream.child.pid ?? 0, ...(store === undefined ? [] : [store.child.pid ?? 0])];
    if (roundTrip > 0) {
      const relay = launchOwn('relay.ts', [String(upstream.port), String(roundTrip / 2)]);
      upstreamPort = await message<number>(relay);
      upstreamPids.push(relay.pid ?? 0);
    }
    const course: Course = { load, upstreamPids, results, rounds, seconds, tell };
    // At 20 ms, 32 connections can do 1,600 binds a second, whatever the proxy: with distance, the pool is as large as the crowd of clients.
    const bindConnections = roundTrip === 0 ? undefined : 256;
    const { caFile } = upstream;
    const around: Surroundings = { folder, upstreamPort, caFile, bindConnections, profile, processes, lloadd, store };
    await runCases(casesAt(roundTrip, works, connections, peers), around, course);
    if (roundTrip > 0) continue;
    const all = (work: Work): ContestantName[] => ['jumpgate', ...peersIn(work, peers)];
    if (works.includes('idle')) await runIdle(all('idle'), idleConnections, around, course);
    if (works.includes('start')) await runStarts(all('start'), around, course);
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  if (options.scale) {
    const { text, sizes } = await measureScale(options.members, tell);
    print(text);
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ ...circumstances(options, undefined), sizes }, undefined, 2)}\n`);
    return 0;
  }
  const openldap = slapdVersion();
  if (openldap === undefined) {
    tell('bench: OpenLDAP is not installed here (/usr/sbin/slapd). On Debian: apt-get install slapd');
    return 2;
  }
  const isThere = hasStore();
  if (!isThere && options.works.includes('fleet')) tell(`fleet is left out: ${STORE_PROGRAM} is not installed`);
  const works = options.works.filter((work) => work !== 'fleet' || isThere);
  return compare({ ...options, works, peers: withoutMissing(options.peers, options.lloadd, tell) }, openldap);
}

try {
  process.exitCode = await main();
} catch (error) {
  tell(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
