// Log-ins and look-ups by clients of npm that are set up for Active Directory. Reads the questions as JSON, writes what each client says.
import { json } from 'node:stream/consumers';
import ActiveDirectory from 'activedirectory2';
import Strategy from 'passport-ldapauth';

const { url, base, domain, service, secret, logins } = await json(process.stdin);
const directory = new ActiveDirectory({ url, baseDN: base, username: service, password: secret });
const call = (method, ...args) =>
  new Promise((resolve) =>
    directory[method](...args, (error, found) => resolve(error ? `fault: ${error.message}` : found)),
  );

const strategy = (login) =>
  new Promise((resolve) => {
    const one = new Strategy(
      {
        server: {
          ...{ url, bindDN: service, bindCredentials: secret, searchBase: base },
          searchFilter: '(&(objectCategory=person)(sAMAccountName={{username}}))',
          ...{ groupSearchBase: base, groupSearchFilter: '(member:1.2.840.113556.1.4.1941:={{dn}})' },
        },
      },
      (user, done) => done(null, user),
    );
    one.success = (user) => resolve(user._groups.map(({ cn }) => cn).sort());
    one.fail = () => resolve('out');
    one.error = (error) => resolve(`fault: ${error}`);
    one.authenticate({ body: { username: login.user, password: login.password } });
  });

const seen = { binds: [], passport: [] };
for (const login of logins) {
  const isIn = await call('authenticate', `${login.user}@${domain}`, login.password);
  seen.binds.push(isIn === true ? 'in' : 'out');
  seen.passport.push(await strategy(login));
}
const [{ user }] = logins;
seen.found = (await call('findUser', user)).sAMAccountName;
seen.principal = (await call('findUser', `${user}@${domain}`)).sAMAccountName;
seen.groups = (await call('getGroupMembershipForUser', user)).map(({ cn }) => cn).sort();
seen.members = (await call('getUsersForGroup', 'wayk-users')).length;
seen.isMember = await call('isUserMemberOf', user, 'wayk-users');
seen.isOther = await call('isUserMemberOf', user, 'Domain Admins');
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
