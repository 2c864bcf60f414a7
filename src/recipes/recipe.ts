// What a recipe is: an application's settings with this configuration's values, and the questions that it will ask.
import type { Scope } from '../ldap/message.js';

/** What an application is told, from the effective configuration. */
export interface Values {
  /** e.g. `ldap://127.0.0.1:1389`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly baseDN: string;
  readonly usersDN: string;
  readonly groupsDN: string;
  /** The group whose members get in, by its name and its local DN. */
  readonly group: string;
  readonly groupDN: string;
  /** The account that the application searches with. */
  readonly serviceDN: string;
}

/** One question, and what a member gets for an answer. */
export type RecipeStep =
  | { readonly kind: 'bind'; readonly as: 'service' | 'user' }
  | {
      readonly kind: 'search';
      readonly base: string;
      readonly scope: Scope;
      readonly filter: string;
      readonly attributes: readonly string[];
      /** Entries: so many, or every member. */
      readonly finds: number | 'members';
    }
  | { readonly kind: 'compare'; readonly entry: string; readonly attribute: string; readonly value: string };

export interface Recipe {
  /** As it is asked for on the command line. */
  readonly id: string;
  readonly title: string;
  /** Where the settings go. */
  readonly place: string;
  readonly settings: (values: Values) => string;
  /** In their order, for the person `user` (a uid). */
  readonly steps: (values: Values, user: string) => readonly RecipeStep[];
  readonly notes: readonly string[];
}

export const asService: RecipeStep = { kind: 'bind', as: 'service' };
export const asUser: RecipeStep = { kind: 'bind', as: 'user' };

/** A search below a base, in the whole subtree. */
export function below(
  base: string,
  filter: string,
  attributes: readonly string[],
  finds: number | 'members' = 1,
): RecipeStep {
  return { kind: 'search', base, scope: 2, filter, attributes, finds };
}

/** A read of one entry. */
export function entryOf(base: string, attributes: readonly string[], filter = '(objectClass=*)'): RecipeStep {
  return { kind: 'search', base, scope: 0, filter, attributes, finds: 1 };
}

/** The local DN of a person. */
export function personDN({ usersDN }: Values, user: string): string {
  return `uid=${user},${usersDN}`;
}

/** Text as lines, without the indentation of the source. */
export function lines(text: string): string {
  const all = text.replace(/^\n/, '').trimEnd().split('\n');
  const least = Math.min(...all.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return all.map((line) => line.slice(least)).join('\n');
}
