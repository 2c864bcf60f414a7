// The apps that a configuration makes: that of its top-level keys, and those of its list.
import { readAttributeRules } from '../layout/attribute-rules.js';
import type { FaceName } from '../layout/face.js';
import { knownFace } from '../layout/faces.js';
import { checkTogether, type PlacedApp } from './app-conflicts.js';
import { effectiveLocal, sectionOf } from './app-local.js';
import type { ParsedApp } from './app-schema.js';
import type { Checks } from './checks.js';
import type { AppConfig } from './config.js';
import { checkedListeners } from './listen.js';
import type { Parsed } from './schema.js';
import { effectiveAccounts, type KnownAccounts } from './service-accounts.js';
import { isTree, type Tree } from './sources.js';
import { effectiveGroup, groupName, type Organisation } from './upstream-names.js';

/** The name of the app that has none in the configuration. */
const NAMELESS = 'default';
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const MOST_APPS = 64;
const MOST_GROUPS = 64;

/** True if an app has no listeners of its own. */
export function usesTopLevelListeners(parsed: Pick<Parsed, 'apps'>, settings: Tree): boolean {
  return hasTopLevelApp(parsed, settings) || parsed.apps.some(({ listen }) => listen === undefined);
}

/** True if the top-level keys make an app: where there is no other, or where its gate is written. */
function hasTopLevelApp({ apps }: Pick<Parsed, 'apps'>, settings: Tree): boolean {
  return apps.length === 0 || settings.group !== undefined;
}

/** At least one; that of the top-level keys comes first. */
export function effectiveApps(parsed: Parsed, organisation: Organisation, checks: Checks): readonly PlacedApp[] {
  const { settings } = checks.surroundings;
  const whole = { parsed, organisation, accounts: new Map() };
  const apps: PlacedApp[] = [];
  if (hasTopLevelApp(parsed, settings)) apps.push({ app: topLevelApp(whole, checks), place: '' });
  else warnOfUnused(settings, checks);
  if (parsed.apps.length > MOST_APPS)
    checks.fault('apps', 'are too many', `One instance serves at most ${MOST_APPS}.`, String(parsed.apps.length));
  for (const [i, app] of parsed.apps.slice(0, MOST_APPS).entries()) {
    const place = `apps[${i}]`;
    apps.push({ app: namedApp(app, (settings.apps as readonly Tree[])[i]!, place, whole, checks), place });
  }
  checkTogether(apps, organisation.baseDN, checks);
  if (parsed.local.tellReasons && !apps.some(({ app }) => app.local.face === 'activedirectory')) {
    const message = 'is only for the face activedirectory, which no app has';
    checks.fault('local.tellReasons', message, 'Leave it out.', 'true', ['local.face', 'apps']);
  }
  return apps;
}

interface Whole {
  readonly parsed: Parsed;
  readonly organisation: Organisation;
  readonly accounts: KnownAccounts;
}

function topLevelApp({ parsed, organisation, accounts }: Whole, checks: Checks): AppConfig {
  const { local, attributes, directory, binds } = parsed;
  const { name, everyone } = effectiveGroup(parsed.group, organisation.orgId, checks);
  const { serviceAccountsFile } = local;
  const own = { serviceAccounts: effectiveAccounts(local, 'local', accounts, checks), serviceAccountsFile };
  const written = { own: sectionOf(checks.surroundings.settings, 'local'), section: 'local' };
  const effective = effectiveLocal(written, own, checks);
  return {
    name: NAMELESS,
    isNamed: false,
    groups: [name],
    everyone,
    listen: 'shared',
    local: effective,
    attributes: checkedRules(attributes, effective.face, 'attributes', checks),
    hiddenAttributes: directory.hiddenAttributes,
    binds: { failuresPerAddress: binds.failuresPerAddress, window: binds.window },
  };
}

/** `written`: the app without defaults. */
function namedApp(
  app: ParsedApp,
  written: Tree,
  place: string,
  { parsed, organisation, accounts }: Whole,
  checks: Checks,
): AppConfig {
  const { name, everyone, attributes, serviceAccountsFile } = app;
  checkName(name, `${place}.name`, checks);
  const names = { own: sectionOf(written, 'local'), section: `${place}.local` };
  const own = { serviceAccounts: effectiveAccounts(app, place, accounts, checks), serviceAccountsFile };
  const effective = effectiveLocal(names, own, checks);
  const inherited = (key: 'failuresPerAddress' | 'window') =>
    (Object.hasOwn(sectionOf(written, 'binds'), key) ? app : parsed).binds[key];
  return {
    name,
    isNamed: true,
    groups: gateOf(app, place, organisation.orgId, checks),
    everyone,
    listen:
      app.listen === undefined
        ? 'shared'
        : checkedListeners(app.listen, parsed.listen, { key: `${place}.listen`, owner: name }, checks),
    local: effective,
    attributes: checkedRules(attributes, effective.face, `${place}.attributes`, checks),
    // What the whole organisation hides, no app shows.
    hiddenAttributes: [...new Set([...parsed.directory.hiddenAttributes, ...app.hiddenAttributes])],
    binds: { failuresPerAddress: inherited('failuresPerAddress'), window: inherited('window') },
  };
}

function checkName(name: string, key: string, checks: Checks): void {
  if (name === '') return checks.fault(key, 'is missing', 'Name the app: the log, metrics and commands use this name.');
  if (name === NAMELESS) {
    const remedy = 'Choose another: this is the name of the app of the top-level keys.';
    return checks.fault(key, 'is taken', remedy, name);
  }
  if (NAME.test(name)) return;
  const remedy = 'Write 1 to 32 of a-z, 0-9 and -, beginning with a letter or digit, such as gitlab.';
  checks.fault(key, 'is not a valid name of an app', remedy, name);
}

/** The groups' names; each once. */
function gateOf({ groups, everyone }: ParsedApp, place: string, orgId: string, checks: Checks): readonly string[] {
  const key = `${place}.groups`;
  if (everyone) {
    if (groups.length > 0) checks.warn(key, 'has no effect with everyone: true', 'Keep one of the two.');
    return [];
  }
  const remedy = 'Name the JumpCloud groups whose members get in, or set everyone: true for this app on purpose.';
  if (groups.length === 0) checks.fault(key, 'is missing', remedy, undefined, [`${place}.everyone`]);
  if (groups.length > MOST_GROUPS)
    checks.fault(key, 'has too many groups', `Name at most ${MOST_GROUPS}.`, String(groups.length));
  const names = groups.map((name, i) => groupName(`${key}[${i}]`, name, orgId, remedy, checks));
  const isFirst = (name: string, i: number) =>
    names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === i;
  if (!names.every(isFirst)) checks.warn(key, 'names a group twice', 'Keep one of the two.');
  return names.filter(isFirst);
}

function checkedRules(
  rules: AppConfig['attributes'],
  face: FaceName,
  key: string,
  checks: Checks,
): AppConfig['attributes'] {
  const read = readAttributeRules(rules, knownFace(face));
  if ('faults' in read)
    for (const { key: name, value, message, remedy } of read.faults)
      checks.fault(`${key}.${name}`, `is not a valid rule: ${message}`, sentence(remedy), value);
  return rules;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}

/** Top-level keys of an app that is not there. */
function warnOfUnused(settings: Tree, checks: Checks): void {
  const local = sectionOf(settings, 'local');
  const keys = ['baseDN', 'serviceAccounts', 'serviceAccountsFile'].filter((key) => isWritten(local[key]));
  const unused = [...keys.map((key) => `local.${key}`), ...(isWritten(settings.attributes) ? ['attributes'] : [])];
  const remedy = 'Move it into the app that it is for, or also set group: the top-level keys are then an app.';
  for (const key of unused) checks.warn(key, 'belongs to no app, and no app inherits it', remedy);
}

/** An empty list says nothing. */
function isWritten(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isTree(value) ? Object.keys(value).length > 0 : value !== undefined;
}
