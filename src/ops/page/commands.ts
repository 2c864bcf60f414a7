// Commands to copy out of an operation. No password and no value of a filter is in them: VALUE stands for each.
import { quoted } from '../../runtime/shell-word.js';
import type { State } from '../state.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';

/** What `printable` puts behind a text that it has cut. */
const CUT = /…\([0-9]+ characters\)$/;

/**
 * The same search with OpenLDAP's ldapsearch, for a POSIX shell; undefined if it is not a search, or was too long to be kept. The client
 * asks for the password itself.
 */
export function ldapsearchOf(record: OperationRecord, state: State): string | undefined {
  const { search, account, channel } = record;
  const url = urlFor(record, state);
  if (search === undefined || url === undefined) return undefined;
  const { base, scope, filter, attributes, paged } = search;
  if ([base, filter, account, ...attributes].some((text) => CUT.test(text))) return undefined;
  const isUpgraded = channel === 'tls' && url.startsWith('ldap:');
  return [
    'ldapsearch -x',
    `-H ${quoted(url)}`,
    ...(isUpgraded ? ['-ZZ'] : []),
    ...(account === '' ? [] : [`-D ${quoted(account)} -W`]),
    `-b ${quoted(base)} -s ${scope}`,
    ...(paged ? ['-E pr=100/noprompt'] : []),
    // What follows is not an option, whatever a client has called its attributes.
    `-- ${quoted(filter.replaceAll('…', 'VALUE'))}`,
    ...attributes.map(quoted),
  ].join(' ');
}

/** Asks again why this name does or does not get in; undefined if it is not a bind, or has no name that can be given. */
export function explainOf({ operation, target, app }: OperationRecord): string | undefined {
  if (operation !== 'bind' || target === '' || target.startsWith('-') || CUT.test(target)) return undefined;
  return `jumpgate explain ${quoted(target)}${app === undefined ? '' : ` --app ${quoted(app)}`}`;
}

/** Where the operation's app listens, in the channel that it came by if there is a choice. */
function urlFor({ app, channel }: OperationRecord, { apps, listener }: State): string | undefined {
  const own = apps.find(({ name }) => name === app)?.listeners ?? [];
  const all = own.length > 0 ? own : [listener.ldap, listener.ldaps, listener.ldapi].filter((url) => url !== undefined);
  const wanted = channel === 'ldapi' ? 'ldapi:' : channel === 'tls' ? 'ldaps:' : 'ldap:';
  return all.find((url) => url.startsWith(wanted)) ?? all[0];
}
