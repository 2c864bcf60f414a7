// What a recipe is: an application's settings with this configuration's values, and the questions that it will ask.
import type { Scope } from '../ldap/message.js';

/** The settings for an application that uses one app, from the effective configuration. */
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
  /** The local DN of a person. */
  readonly personDN: (uid: string) => string;
}

/** The same for an app that looks like a domain of Active Directory. */
export interface DomainValues extends Values {
  /** What every userPrincipalName ends in, e.g. `example.com`. */
  readonly domain: string;
  /** The part before the backslash, e.g. `EXAMPLE`. */
  readonly netbiosName: string;
}

/** One question, and what a member gets for an answer. */
export type RecipeStep =
  /** `name`: what is bound with, where it is not the DN. */
  | { readonly kind: 'bind'; readonly as: 'service' | 'user'; readonly name?: string }
  | {
      readonly kind: 'search';
      readonly base: string;
      readonly scope: Scope;
      readonly filter: string;
      readonly attributes: readonly string[];
      readonly finds: Finds;
    }
  | { readonly kind: 'compare'; readonly entry: string; readonly attribute: string; readonly value: string };

/** Entries: a number, every member, or every group that the person is in. */
export type Finds = number | 'members' | 'groups';

/** Settings, and the questions that follow from them. */
export interface Form<V extends Values = Values> {
  /** Where the settings go. */
  readonly place: string;
  readonly settings: (values: V) => string;
  /** In their order, for the person `user` (a uid). */
  readonly steps: (values: V, user: string) => readonly RecipeStep[];
  readonly notes: readonly string[];
}

export interface Recipe extends Form {
  /** As it is asked for on the command line. */
  readonly id: string;
  readonly title: string;
  /** For an app that looks like Active Directory. */
  readonly activeDirectory?: Form<DomainValues>;
}

/** A form with its values put in. */
export interface FilledForm {
  readonly place: string;
  readonly settings: string;
  readonly steps: readonly RecipeStep[];
  readonly notes: readonly string[];
}

/** The form that suits the app, for the person `user`; undefined: the recipe has none for an app that looks like Active Directory. */
export function fillForm(recipe: Recipe, values: Values | DomainValues, user: string): FilledForm | undefined {
  if ('domain' in values) return recipe.activeDirectory && filled(recipe.activeDirectory, values, user);
  return filled(recipe, values, user);
}

function filled<V extends Values>({ place, settings, steps, notes }: Form<V>, values: V, user: string): FilledForm {
  return { place, settings: settings(values), steps: steps(values, user), notes };
}

/** What an application needs whose settings differ only in the attribute of a user name and the class of groups. */
export interface TwinForm {
  readonly place: string;
  readonly settings: (values: Values, uid: string, group: string) => string;
  readonly steps: (values: Values, user: string, uid: string, group: string) => readonly RecipeStep[];
  readonly notes: readonly string[];
}

/** The form for JumpCloud's layout (uid, groupOfNames), and that for Active Directory's (sAMAccountName, group). */
export function inBothLayouts({
  place,
  settings,
  steps,
  notes,
}: TwinForm): Form & Required<Pick<Recipe, 'activeDirectory'>> {
  const form = (uid: string, group: string): Form => ({
    place,
    settings: (values) => settings(values, uid, group),
    steps: (values, user) => steps(values, user, uid, group),
    notes,
  });
  return { ...form('uid', 'groupOfNames'), activeDirectory: form('sAMAccountName', 'group') };
}

export const asService: RecipeStep = { kind: 'bind', as: 'service' };
export const asUser: RecipeStep = { kind: 'bind', as: 'user' };

/** A search below a base, in the whole subtree. */
export function below(base: string, filter: string, attributes: readonly string[], finds: Finds = 1): RecipeStep {
  return { kind: 'search', base, scope: 2, filter, attributes, finds };
}

/** A read of one entry. */
export function entryOf(base: string, attributes: readonly string[], filter = '(objectClass=*)'): RecipeStep {
  return { kind: 'search', base, scope: 0, filter, attributes, finds: 1 };
}

/** Whether the application must use TLS from the first byte. */
export function isSecure({ url }: Values): boolean {
  return url.startsWith('ldaps:');
}

/** A login by userPrincipalName. */
export function asPrincipal({ domain }: DomainValues, user: string): RecipeStep {
  return { kind: 'bind', as: 'user', name: `${user}@${domain}` };
}

/** A value as it is written in the text of a filter (RFC 4515, section 3): a group may be named `VPN (Full Tunnel)`. */
export function inFilter(value: string): string {
  return value.replace(/[\\*()\0]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Text for strings in which a backslash escapes: JSON, Java, `.properties`. */
export function escapedBackslashes(text: string): string {
  return text.replaceAll('\\', '\\\\');
}

/** The part of a name before its base. */
export function relativeTo(base: string, dn: string): string {
  return dn.endsWith(`,${base}`) ? dn.slice(0, -base.length - 1) : dn;
}

/** Text as lines, without the indentation of the source. */
export function lines(text: string): string {
  const all = text.replace(/^\n/, '').trimEnd().split('\n');
  const least = Math.min(...all.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return all.map((line) => line.slice(least)).join('\n');
}
