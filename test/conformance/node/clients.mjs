// Log-ins by LDAP clients of npm. Reads the questions as JSON, writes for each client and way what became of each log-in: 'in', 'out', or the fault.
import { readFileSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import ActiveDirectory from 'activedirectory2';
import LdapAuth from 'ldapauth-fork';
import Strategy from 'passport-ldapauth';

const asked = await json(process.stdin);
/** Afresh for each client: the library keeps its socket in it. */
const trust = () => ({ ca: [readFileSync(asked.ca)] });
/** What a client says of a log-in that the directory has refused, or that it did not even send. */
const REFUSALS = /InvalidCredentials|LDAP_INVALID_CREDENTIALS|no such user|no password given|empty password/;
const outOf = (error) => {
  const text = `${error.name} ${error.message} ${JSON.stringify(error)}`;
  return REFUSALS.test(text) ? 'out' : text;
};

const settings = (way) => ({
  ...{ url: asked.urls[way], tlsOptions: trust() },
  ...{ bindDN: asked.service, bindCredentials: asked.secret },
  ...{ searchBase: asked.users, searchFilter: '(uid={{username}})' },
  ...{ groupSearchBase: asked.base, groupSearchFilter: '(&(objectClass=groupOfNames)(member={{dn}}))' },
});
/** Its groups as well, but for a DN with an escape: the library escapes that once more in the filter, and finds none at any server. */
const found = ({ uid, _groups: groups }) =>
  /^[\w.]+$/.test(uid) && !groups.some(({ cn }) => cn === 'wayk-users') ? 'without its group' : 'in';

/** Each client: what becomes of a log-in. */
const clients = {
  'ldapauth-fork': (way, { uid, password }) =>
    new Promise((resolve) => {
      const auth = new LdapAuth(settings(way));
      auth.on('error', (error) => resolve(`connection: ${error}`));
      auth.authenticate(uid, password, (error, user) => {
        auth.close(() => {});
        resolve(error ? outOf(error) : found(user));
      });
    }),
  'passport-ldapauth': (way, { uid, password }) =>
    new Promise((resolve) => {
      const strategy = new Strategy({ server: settings(way) }, (user, done) => done(null, user));
      strategy.success = (user) => resolve(found(user));
      strategy.fail = () => resolve('out');
      strategy.error = (error) => resolve(outOf(error));
      strategy.authenticate({ body: { username: uid, password } });
    }),
  activedirectory2: (way, { dn, password }) =>
    new Promise((resolve) => {
      const directory = new ActiveDirectory({ url: asked.urls[way], baseDN: asked.base, tlsOptions: trust() });
      directory.authenticate(dn, password, (error, isIn) => resolve(isIn ? 'in' : error ? outOf(error) : 'neither'));
    }),
};

const seen = {};
for (const [name, logIn] of Object.entries(clients)) {
  seen[name] = {};
  for (const way of Object.keys(asked.urls)) {
    seen[name][way] = [];
    for (const login of asked.logins) seen[name][way].push(await logIn(way, login));
  }
}
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
