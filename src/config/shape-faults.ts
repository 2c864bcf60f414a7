// What zod found wrong with the shape of the settings, in words for whoever wrote them.
import type { z } from 'zod';
import type { ConfigFault } from './fault.js';
import { nearest } from './nearest.js';
import { keyPaths } from './schema.js';
import type { Tree } from './sources.js';

/** Keys of secrets, and what has them in each of its parts. */
const SECRET = /^(password|token|serviceAccounts)/i;

/**
 * True where a secret stands, or may stand by mistake: the keys of secrets and of their files, and everything that has such keys below it, for
 * `reader: secret` leaves out one line.
 */
export function mayHoldSecret(path: readonly string[]): boolean {
  if (path.some((key) => SECRET.test(key))) return true;
  return keyPaths().some(
    (known) => path.every((part, i) => known[i] === part) && known.slice(path.length).some((key) => SECRET.test(key)),
  );
}

/** The faults of one issue, with path, value (never a secret's) and remedy. */
export function shapeFaults(issue: z.core.$ZodIssue, settings: Tree): ConfigFault[] {
  const path = issue.path.map(String);
  const name = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const siblings = keyPaths()
      .filter((known) => path.every((part, i) => known[i] === part))
      .map((known) => known[path.length] ?? '');
    return issue.keys.map((key) => {
      const near = nearest(key, siblings);
      const remedy =
        near === undefined ? 'Remove it; config/jumpgate.example.yaml has every key.' : `Did you mean ${near}?`;
      return { path: [...path, key].join('.'), message: 'is no setting', remedy };
    });
  }
  const value = path.reduce<unknown>((node, key) => (node as Tree | undefined)?.[key], settings);
  const shown = value === undefined || mayHoldSecret(path) ? {} : { value: JSON.stringify(value) };
  return [{ path: name, ...shown, message: expectation(issue), remedy: 'See config/jumpgate.example.yaml.' }];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().map((one) => one.message);
    return inner.at(-1) ?? issue.message;
  }
  return issue.message;
}
