// What `jumpgate demo` prints: who is there, and what to type.
import { basename, relative } from 'node:path';
import { OUTAGE_SIGNAL } from './demo-outage.js';

export const BASE = 'dc=example,dc=com';
/** In no group by himself; as a member, it is the switch alone that keeps him out. */
export const SUSPENDED = 'emrick.solvane';

/** Members whom JumpCloud refuses with the same 49, for a reason of their own each; and one who gets in with a code. */
const REFUSED = [
  [SUSPENDED, 'user-secret-5009', 'a member, but suspended'],
  ['daxon.wyrmell', 'user-secret-5013', 'a member, with a password that has expired'],
  ['philo.estrande', 'user-secret-5014', 'a member, but locked'],
  ['yselda.mornwick', 'user-secret-5004', 'a member who needs a code: user-secret-5004,123456 gets in'],
] as const;

/** How this program is called from where it was started. */
function ownCommand([, program = '']: readonly string[]): string {
  const path = relative(process.cwd(), program);
  return basename(program) === 'jumpgate' ? 'jumpgate' : `node ${path.startsWith('..') ? program : path}`;
}

/** What is said of a running demo. */
export interface RunningDemo {
  /** Of LDAP. */
  readonly url: string;
  readonly ops: string;
  /** The path of a configuration file in front of the same upstream. */
  readonly config: string;
  /** Whether the outage can be switched by a line on this terminal. */
  readonly takesLines: boolean;
}

/** People, commands to paste and the switch for an outage, as the last thing before the log. */
export function demoGreeting({ url, ops, config, takesLines }: RunningDemo): string {
  const user = (uid: string) => `uid=${uid},ou=Users,${BASE}`;
  const command = ownCommand(process.argv);
  const file = /^[\w/.+@-]+$/.test(config) ? config : JSON.stringify(config);
  const refused = REFUSED.map(([uid, password, why]) => `  ${uid.padEnd(17)} ${password}   ${why}`);
  const explain = REFUSED.map(
    ([uid, password]) => `  printf %s ${password} | ${command} explain ${uid} --password-stdin --url ${ops}`,
  );
  return `
Jumpgate is listening on ${url} (live page: ${ops}/), in front of an embedded JumpCloud.
Only members of the group wayk-users get in. Invented people to try:

  quillon.varrek    user-secret-5001   a member: gets in
  svenja.ulmarik    user-secret-5012   a member, with an accented name
  corvane.thessly   user-secret-5005   not in the group: refused (49), whatever the password
${refused.join('\n')}

Paste one of these into another terminal${command === 'jumpgate' ? '' : ', in the same folder'}:

  ldapwhoami -x -H ${url} -D "${user('quillon.varrek')}" -w user-secret-5001
  ldapsearch -x -LLL -H ${url} -D "${user('quillon.varrek')}" -w user-secret-5001 -b "${BASE}" "(uid=quillon.varrek)"
  ldapsearch -x -LLL -H ${url} -D "${user('ldap-reader')}" -w reader-secret-5000 -b "${BASE}" "(uid=*)" cn mail
  ldapwhoami -x -H ${url} -D "${user('corvane.thessly')}" -w user-secret-5005
${explain.join('\n')}
  ${command} watch --url ${ops}
  ${command} check --config ${file}
  ${command} check --config ${file} --user ${SUSPENDED}
${outageSwitch(takesLines)}
Each bind leaves a line below that says why it went as it did, and is on the live page. Ctrl-C ends the demo.

`;
}

function outageSwitch(takesLines: boolean): string {
  const ways = [
    ...(takesLines ? ['type o and Enter here'] : []),
    ...(OUTAGE_SIGNAL === undefined ? [] : [`kill -${OUTAGE_SIGNAL.replace('SIG', '')} ${process.pid}`]),
  ];
  return ways.length === 0 ? '' : `\nAn outage of the embedded JumpCloud, and its end: ${ways.join(', or ')}\n`;
}

/** When the outage begins or ends. */
export function outageText(isAway: boolean): string {
  return isAway
    ? '\nThe embedded JumpCloud is unreachable from now on. Logins get 52 (unavailable), those of the last 30 s excepted.\n\n'
    : '\nThe embedded JumpCloud answers again.\n\n';
}
