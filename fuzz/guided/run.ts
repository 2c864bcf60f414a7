// `npm run fuzz -- --coverage TARGET|all`: runs the guided fuzzers one after the other and prints what they did.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../report.js';
import { faultOf, fuzzGuided, type GuidedProgress, type Target } from './guided.js';
import { codecTarget } from './target-codec.js';
import { dnTarget } from './target-dn.js';
import { filterTarget } from './target-filter.js';
import { proxyTarget } from './target-proxy.js';

export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  codec: codecTarget,
  dn: dnTarget,
  filter: filterTarget,
  proxy: proxyTarget,
};

export interface RunOptions {
  readonly names: readonly string[];
  readonly seed: number;
  /** For each target: milliseconds, and executions. */
  readonly time: number;
  readonly executions: number;
  /** A folder with one folder of inputs per target: read at the beginning, and what is new is written into it. */
  readonly corpus: string | undefined;
  readonly write: (text: string) => void;
  readonly progress?: (line: string) => void;
}

/** True if nothing was found. A target that fails does not keep the next from running. */
export async function runGuided(options: RunOptions): Promise<boolean> {
  let isClean = true;
  for (const name of options.names) {
    const { seed, time, executions, write, progress } = options;
    const folder = options.corpus === undefined ? undefined : join(options.corpus, name);
    const target = await TARGETS[name]!();
    const startedAt = performance.now();
    const corpus = folder === undefined ? [] : readInputs(folder);
    const report = (state: GuidedProgress) => progress?.(line(name, state, performance.now() - startedAt));
    const result = await fuzzGuided(target, { seed, time, executions, corpus, progress: report });
    if (folder !== undefined) writeInputs(folder, result.inputs);
    write(`${line(name, result, performance.now() - startedAt)}, --seed ${seed}\n`);
    if (result.finding === undefined) continue;
    isClean = false;
    write(findingText(name, result.finding));
  }
  if (isClean) options.write('nothing was found\n');
  return isClean;
}

/** Runs one input again. True if it is harmless. */
export async function runInput(name: string, input: Buffer, write: (text: string) => void): Promise<boolean> {
  const what = faultOf(await TARGETS[name]!(), input);
  write(what === undefined ? 'nothing was found\n' : findingText(name, { what, input: [input] }));
  return what === undefined;
}

function line(name: string, { executions, edges, inputs }: GuidedProgress, milliseconds: number): string {
  const rate = Math.round((executions / Math.max(1, milliseconds)) * 1000);
  const count = (number: number) => number.toLocaleString('en');
  return `${name}: ${count(executions)} executions, ${count(rate)} a second, ${count(edges)} edges, ${count(inputs.length)} inputs kept`;
}

function findingText(name: string, { what, input }: Finding): string {
  const hex = Buffer.concat(input).toString('hex');
  return `${what}\nthe smallest input (hex): ${hex}\nagain: npm run fuzz -- --coverage ${name} --input ${hex}\n`;
}

function readInputs(folder: string): Buffer[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}

function writeInputs(folder: string, inputs: readonly Buffer[]): void {
  for (const input of inputs)
    writeFileSync(join(folder, createHash('sha256').update(input).digest('hex').slice(0, 32)), input);
}
