// What is wrong with the shape of the settings, with the remedy for the operator who wrote them.
import type * as z from 'zod';
import { nearest } from '../runtime/nearest.js';
import { appKeyPaths } from './app-schema.js';
import { DURATION } from './durations.js';
import { type ConfigFault, listed, MOST_FAULTS } from './fault.js';
import { keyPaths } from './schema.js';
import { isTree, type Tree } from './sources.js';

/** Keys of secrets, and what has them in each of its parts. */
const SECRET = /^(password|token|clientSecret|key|serviceAccounts)/i;

/**
 * True where a secret is, or may be by mistake: the keys of secrets and of their files, and everything that has such keys below it, because
 * `reader: secret` leaves out one line.
 */
export function mayHoldSecret(path: readonly string[]): boolean {
  // All of an app's keys are below the list, service accounts among them.
  if (path.some((key) => SECRET.test(key)) || path.join() === 'apps') return true;
  const { keys, at } = scopeOf(path);
  return keys.some(
    (known) => at.every((part, i) => known[i] === part) && known.slice(at.length).some((key) => SECRET.test(key)),
  );
}

/** The keys among which a path leads to one: an app in the list has keys of its own; and the path among them. */
function scopeOf(path: readonly string[]): { readonly keys: readonly string[][]; readonly at: readonly string[] } {
  const isInApp = path[0] === 'apps' && path.length > 1;
  return isInApp ? { keys: appKeyPaths(), at: path.slice(2) } : { keys: keyPaths(), at: path };
}

/** `local.serviceAccounts[0].dn`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('');
}

/**
 * The faults of the issues, with path, value (never a secret's) and remedy; the first hundred, the last of which counts the others.
 * `at`: the place of the settings in the configuration.
 */
export function shapeFaults(
  issues: readonly z.core.$ZodIssue[],
  settings: unknown,
  at: readonly string[] = [],
): ConfigFault[] {
  const count = issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  const faults: ConfigFault[] = [];
  for (const issue of issues) {
    if (faults.length >= MOST_FAULTS) break;
    faults.push(...faultsOf(issue, settings, at));
  }
  return listed(faults, count);
}

function faultsOf(issue: z.core.$ZodIssue, settings: unknown, at: readonly string[]): ConfigFault[] {
  const path = [...at, ...issue.path.map(String)];
  const name = pathText([...at, ...issue.path]);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MOST_FAULTS).map((key) => {
      const remedy = unknownKeyRemedy(key, path);
      return { path: name === '' ? key : `${name}.${key}`, message: issue.message, remedy };
    });
  }
  const value = issue.path.reduce<unknown>(partOf, settings);
  const isShown = value !== undefined && !mayHoldSecret(path);
  const shown = isShown ? { value: JSON.stringify(value) } : {};
  return [{ path: name, ...shown, message: issue.message, remedy: remedyOf(issue, path, value, isShown) }];
}

/** Of a list that came as one text with commas, its part. */
function partOf(node: unknown, key: PropertyKey): unknown {
  if (typeof node === 'string') return node.split(',')[Number(key)]?.trim();
  return (node as Tree | null | undefined)?.[String(key)];
}

/** The keys directly below a section. */
function keysBelow(path: readonly string[]): string[] {
  if (path.some((key) => key.startsWith('serviceAccounts'))) return ['dn', 'password', 'passwordFile', 'passwordHash'];
  if (path.at(-2) === 'attributes') return ['from', 'value', 'for'];
  const { keys, at } = scopeOf(path);
  const below = keys.filter((known) => known.length > at.length && at.every((part, i) => known[i] === part));
  return [...new Set(below.map((known) => known[at.length]!))];
}

function unknownKeyRemedy(key: string, section: readonly string[]): string {
  const siblings = keysBelow(section);
  const near = nearest(key, siblings);
  if (near !== undefined) return `Did you mean ${near}?`;
  const elsewhere = scopeOf(section).keys.find((known) => known.at(-1) === key);
  if (elsewhere !== undefined)
    return `Did you mean ${elsewhere.join('.')}${section[0] === 'apps' ? ' of this app' : ''}?`;
  return `Remove it. The keys here are ${siblings.join(', ')}.`;
}

function remedyOf(issue: z.core.$ZodIssue, path: readonly string[], value: unknown, isShown: boolean): string {
  const sections = keysBelow(path);
  if (sections.length > 0) return `Its keys are ${sections.join(', ')}.`;
  if (isShown) {
    const number = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
    if (/duration/.test(issue.message) && DURATION.test(`${number}s`)) return `Did you mean ${number}s?`;
    if (issue.code === 'invalid_value' && typeof value === 'string') {
      const near = nearest(value, issue.values.map(String));
      if (near !== undefined) return `Did you mean ${near}?`;
    }
  }
  return `\`jumpgate config --schema\` describes ${path.filter((key) => !/^[0-9]+$/.test(key)).join('.')}.`;
}

/**
 * The settings without what these issues are about, to look at the rest; and the paths that were taken out. Undefined where a fault is of
 * the whole.
 */
export function withoutFaulty(
  settings: Tree,
  issues: readonly z.core.$ZodIssue[],
): { readonly rest: Tree; readonly dropped: string[] } | undefined {
  const rest = structuredClone(settings);
  const dropped: string[] = [];
  for (const issue of issues) {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) dropped.push(drop(rest, [...path, key]));
      continue;
    }
    // Of a list, all of it, but of an app only what is wrong; in the place of a key that is missing, its section.
    const list = path.findIndex((key, i) => typeof key === 'number' && !(isApp(path, i) && path.length > i + 1));
    const key = list < 0 ? path : path.slice(0, list);
    const isMissing = list < 0 && valueAt(settings, key) === undefined;
    const whole = isMissing ? key.slice(0, -1) : key;
    if (whole.length === 0) return undefined;
    dropped.push(drop(rest, whole));
  }
  return { rest, dropped };
}

/** The place of an app in the list. */
function isApp(path: readonly PropertyKey[], at: number): boolean {
  return at === 1 && path[0] === 'apps';
}

function drop(tree: Tree, path: readonly PropertyKey[]): string {
  const section = valueAt(tree, path.slice(0, -1));
  if (isTree(section)) delete section[String(path.at(-1))];
  return pathText(path);
}

function valueAt(tree: Tree, path: readonly PropertyKey[]): unknown {
  const inside = (node: unknown, key: PropertyKey) =>
    isTree(node) || Array.isArray(node) ? (node as Tree)[String(key)] : undefined;
  return path.reduce<unknown>(inside, tree);
}
