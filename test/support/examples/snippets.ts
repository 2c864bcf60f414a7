// Blocks that are not run: configurations, parts of files of other programs, lines of a file of this repository.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';
import { isTree, type Tree } from '../../../src/config/sources.js';
import type { Block } from './blocks.js';
import type { Place } from './place.js';

const CHART = 'deploy/helm/jumpgate';
const READER = 'upstream.reader.passwordFile';

/** The five fields, where a configuration leaves them out: what an example is about need not be the whole. */
const FIELDS: Readonly<Record<string, readonly [path: readonly string[], value: string]>> = {
  JUMPGATE_UPSTREAM_ORG_ID: [['upstream', 'orgId'], '5f1c0a9e7b3d4c2a8e6f9d10'],
  JUMPGATE_UPSTREAM_READER_USER: [['upstream', 'reader', 'user'], 'ldap-reader'],
  JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: [['upstream', 'reader', 'passwordFile'], READER],
};

/** True if it needs nothing to be a configuration. */
export function isWhole(text: string): boolean {
  const tree: unknown = parse(text);
  return Object.values(FIELDS).every(([path]) => at(tree, path) !== undefined);
}

const at = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isTree(inner) ? inner[key] : undefined), tree);

/**
 * Loads a configuration, its files being those of the place, and the five fields filled in where it has none. Throws ConfigError with every
 * error, unknown keys included.
 */
export function loadExample(place: Place, text: string): void {
  const here = place.here(text);
  const tree: unknown = parse(here);
  const file = join(place.folder, 'example.yaml');
  writeFileSync(file, here);
  const missing = Object.entries(FIELDS).filter(([, [path]]) => at(tree, path) === undefined);
  const env = Object.fromEntries(
    missing.map(([name, [, value]]) => [name, value === READER ? join(place.etc, 'reader.password') : value]),
  );
  loadConfig({ file, env, flags: {} });
}

/** What the marker `is` may say, and what is wrong with such a block: undefined if nothing is. */
export function snippetFault({ lines }: Block, is: string, place: Place): string | undefined {
  const text = lines.join('\n');
  if (is === 'part of a pod') return podFault(parse(text) as unknown);
  if (is === 'Chart.yaml and values.yaml') return chartFault(text, place);
  const file = /^lines of (\S+)$/.exec(is)?.[1];
  return file === undefined ? `nobody knows what is "${is}"` : linesFault(lines, file);
}

const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'];
/** Paths of the ops port that answer without a token. */
const PROBED = ['/healthz', '/readyz'];

/** Of a container: its environment and its probes. */
function podFault(tree: unknown): string | undefined {
  if (!isTree(tree)) return 'it has no keys';
  const { env, ...probes } = tree;
  if (!Array.isArray(env) || !env.every((one) => typeof at(one, ['name']) === 'string')) return 'env has no names';
  for (const [name, probe] of Object.entries(probes))
    if (!PROBES.includes(name) || !PROBED.includes(String(at(probe, ['httpGet', 'path'])))) return name;
  return undefined;
}

/** Two files, each under its name in a comment. */
function chartFault(text: string, place: Place): string | undefined {
  const [, chart = '', values = ''] = /^# Chart\.yaml\n([\s\S]*)^# values\.yaml\n([\s\S]*)$/m.exec(text) ?? [];
  const { version } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Tree;
  const [dependency] = (parse(chart) as { dependencies?: Tree[] } | null)?.dependencies ?? [];
  if (dependency?.name !== 'jumpgate' || dependency.version !== version) return `the chart is jumpgate ${version}`;
  const own = at(parse(values), ['jumpgate']);
  const { config } = isTree(own) ? own : { config: undefined };
  loadExample(place, JSON.stringify(config));
  return valuesFault(own);
}

/** What is wrong with values of the chart, by its own schema. */
export function valuesFault(values: unknown): string | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const isValid = ajv.compile(JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as object);
  return isValid(values) ? undefined : ajv.errorsText(isValid.errors);
}

/** Whole lines of a file, in its order; how far they are indented, and comments, do not count. */
function linesFault(lines: readonly string[], file: string): string | undefined {
  if (!existsSync(file)) return `there is no file ${file}`;
  const plain = (line: string) => line.trim().replace(/\bnindent \d+/, 'nindent');
  const there = readFileSync(file, 'utf8').split('\n').map(plain);
  let from = 0;
  for (const line of lines.map(plain)) {
    if (line === '' || line.startsWith('#')) continue;
    const found = there.indexOf(line, from);
    if (found < 0) return `${file} has no line "${line}" there`;
    from = found + 1;
  }
  return undefined;
}
