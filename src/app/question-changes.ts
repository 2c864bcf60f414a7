// Which of the questions that applications were seen to ask would find something else. Their shapes have no values: each value counts as any.
import type { Config } from '../config/config.js';
import { compileFilter } from '../directory/filter-evaluation.js';
import { dnKey, isBelowOrEqual, parseDN } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import { parseFilter } from '../ldap/filter-text.js';
import type { SearchShape } from '../ops/learn/search-shape.js';
import { baseDNOf } from './names.js';
import type { AppPicture } from './picture.js';

/** A shape as `watch --learn --json` writes it. */
export type Question = Pick<SearchShape, 'base' | 'scope' | 'filter' | 'attributes'>;

export interface QuestionChange extends Question {
  readonly app: string;
  /** Entries that it can find at most; undefined: its base is not there. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Attributes that it asks for, of which no entry that it finds has any on one of the sides. */
  readonly appear: readonly string[];
  readonly vanish: readonly string[];
}

/** Questions below the base of no app are left out; those of an app that has another base now are those of its base before. */
export function questionsByApp(
  questions: readonly Question[],
  before: Config,
  after: Config,
): ReadonlyMap<string, readonly Question[]> {
  const found = new Map<string, Question[]>();
  for (const question of questions) {
    const app = appOf(question, before) ?? appOf(question, after);
    if (app !== undefined) found.set(app, [...(found.get(app) ?? []), question]);
  }
  return found;
}

/** Those of one app's questions that find other entries, or other attributes in them. */
export function questionChanges(
  app: string,
  questions: readonly Question[],
  before: AppPicture | undefined,
  after: AppPicture | undefined,
): QuestionChange[] {
  return questions.flatMap((question) => {
    const filter = anyValue(question.filter);
    if (filter === undefined) return [];
    const old = found(question, filter, before);
    const now = found(question, filter, after);
    const appear = [...now.attributes].filter((name) => !old.attributes.has(name));
    const vanish = [...old.attributes].filter((name) => !now.attributes.has(name));
    const isSame = old.count === now.count && appear.length + vanish.length === 0;
    const { base, scope, attributes } = question;
    const told = { app, base, scope, filter: question.filter, attributes };
    return isSame ? [] : [{ ...told, before: old.count, after: now.count, appear, vanish }];
  });
}

/** The base of a person's own entry stands for the container. */
function baseOf({ base }: Question): string {
  return base.replace(/^(uid|mail)=…,/i, '');
}

function appOf(question: Question, config: Config): string | undefined {
  const base = parseDN(baseOf(question));
  if (base === undefined || base.length === 0) return undefined;
  return config.apps.find((app) => isBelowOrEqual(base, baseDNOf(app, config)))?.name;
}

interface Found {
  readonly count: number | undefined;
  readonly attributes: ReadonlySet<string>;
}

function found(question: Question, filter: Filter, picture: AppPicture | undefined): Found {
  const key = dnKey(parseDN(baseOf(question)) ?? []);
  const attributes = new Set<string>();
  if (picture?.snapshot.find(key) === undefined) return { count: undefined, attributes };
  const { entries, schema } = picture.snapshot;
  const matches = compileFilter(filter, schema);
  const scope = baseOf(question) === question.base ? question.scope : 'one';
  let count = 0;
  for (const entry of entries) {
    const isBelow = scope === 'one' ? entry.parentKey === key : entry.superiors.includes(key);
    const isWithin = (scope !== 'base' && isBelow) || (entry.key === key && (scope === 'base' || scope === 'sub'));
    if (!isWithin || matches(entry) !== 1) continue;
    count++;
    for (const name of question.attributes) if (entry.attributes.has(name.toLowerCase())) attributes.add(name);
  }
  return { count, attributes };
}

/** Undefined for a shape that was cut off. */
function anyValue(text: string): Filter | undefined {
  try {
    return present(parseFilter(text));
  } catch {
    return undefined;
  }
}

function present(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, filters: [...filter.filters].map(present) };
    case 'not':
      // What is excluded depends on the value: nothing is, then.
      return { kind: 'and', filters: [] };
    case 'extensibleMatch':
      return filter.attribute === undefined ? filter : { kind: 'present', attribute: filter.attribute };
    default:
      return { kind: 'present', attribute: filter.attribute };
  }
}
