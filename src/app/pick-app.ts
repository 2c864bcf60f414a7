// Which app somebody means who asks from outside of any connection.
import { UnknownApp } from '../gate/explain/explain.js';
import type { Rules } from '../server/rules.js';

/** The names of those that have one. */
export function namesOf(apps: readonly Rules[]): string[] {
  return apps.map(({ app }) => app).filter((name) => name !== undefined);
}

/** The app of this name; without one the first. `apps`: at least one. Throws an UnknownApp. */
export function pickApp(apps: readonly Rules[], name: string | undefined): Rules {
  const found = name === undefined ? apps[0] : apps.find((rules) => rules.name === name);
  if (found !== undefined) return found;
  const names = apps.map((rules) => rules.name);
  throw new UnknownApp(name ?? '', names);
}
