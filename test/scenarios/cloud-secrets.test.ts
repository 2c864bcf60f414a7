// What is in no output: secrets, and what JumpCloud's records say of a person beyond what a reason needs. Every such field has a value here
// that would be found.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { bindAs, cloudSite } from '../support/cloud-site.js';
import { eventually } from '../support/proxy.js';

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';
const MARK = 'MARKER';
const WRONG = `${MARK}-typed-password`;

/** Every text of a value becomes one that is found again, except what is needed: IDs, states and times. */
const NEEDED = new Set(
  [
    ...[
      '_id',
      'id',
      'username',
      'state',
      'name',
      'type',
      'event_type',
      'service',
      'timestamp',
      'initiated_by',
      'resource',
    ],
    ...[
      'account_locked_date',
      'password_expiration_date',
      'exclusionUntil',
      'delegatedAuthority',
      'mfa',
      'mfaEnrollment',
    ],
    ...['results', 'auth_context', 'auth_methods', 'access_token', 'token_type', 'scope'],
  ].map((name) => name.toLowerCase()),
);
const OF_A_PERSON = {
  ...{ firstname: '', lastname: '', middlename: '', displayname: '', description: '', jobTitle: '', department: '' },
  ...{ costCenter: '', company: '', location: '', employeeIdentifier: '', employeeType: '', alternateEmail: '' },
  ...{
    recoveryEmail: { address: '' },
    manager: '',
    phoneNumbers: [{ type: '', number: '' }],
    totp_key: '',
    password: '',
  },
  ...{ addresses: [{ streetAddress: '', poBox: '', postalCode: '', locality: '', country: '' }], mfaSecret: '' },
  ...{ ssh_keys: [{ name: '', public_key: '' }], attributes: [{ name: '', value: '' }], public_key: '', samba: '' },
};

function marked(value: unknown, path = '', isNeeded = false): unknown {
  if (Array.isArray(value)) return value.map((one) => marked(one, path, isNeeded));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        marked(inner, `${path}-${name}`, NEEDED.has(name.toLowerCase())),
      ]),
    );
  return typeof value === 'string' && !isNeeded && !/^\d{4}-\d\d-\d\dT/.test(value) ? `${MARK}${path}` : value;
}

t.test('no secret and no field of a person that is not needed is in any output', async (t) => {
  const bundle = join(t.testdir({}), 'support.tar.gz');
  let given = 0;
  const site = await cloudSite(t, {
    settings: {
      local: { tellReference: true },
      binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 },
    },
    prepare: ({ console }) => {
      console.reword = (path, body) => {
        if (path === '/oauth2/token') return body;
        if (!Array.isArray(body) && typeof body === 'object' && body !== null && 'results' in body) {
          const { results } = body as { results: object[] };
          given += results.length;
          return marked({ ...body, results: results.map((one) => ({ ...one, ...OF_A_PERSON })) });
        }
        return marked(Array.isArray(body) ? body.map((one: object) => ({ ...OF_A_PERSON, ...one })) : body);
      };
    },
  });
  const { upstream, proxy } = site;
  const port = `ops.http=${new URL(proxy.app.opsUrl ?? '').host}`;
  const outputs: Record<string, string> = {};
  const look = async (when: string, name: string, password: string) => {
    const all = {
      '/operations': await site.ops('/operations'),
      '/': await site.ops('/'),
      '/metrics': await site.ops('/metrics'),
      '/readyz': await site.ops('/readyz'),
      explain: JSON.stringify(await site.explain(name)),
      'explain with a password': JSON.stringify(await site.explain(name, password)),
      check: await site.check(name, undefined),
      'check with a password': await site.check(name, password, '--support-bundle', bundle, '--set', port),
      bundle: gunzipSync(readFileSync(bundle)).toString('latin1'),
    };
    for (const [output, text] of Object.entries(all)) {
      t.ok(text.length > 20, `${output}, ${when}`);
      outputs[`${output}, ${when}`] = text;
    }
  };
  const asked: [when: string, name: string, password: string, set: () => void][] = [
    ['wrong password', UID, WRONG, () => {}],
    ['suspended', 'tavian.bruskel', RIGHT, () => upstream.setState('tavian.bruskel', { suspended: true })],
    ['not a member', 'corvane.thessly', WRONG, () => {}],
    ['no such user', `${MARK.toLowerCase()}less.stranger`, WRONG, () => {}],
    [
      'refused',
      'joreth.pellmar',
      WRONG,
      () => {
        upstream.console.access.revokeTokens();
        upstream.console.access.clientSecret = 'another';
      },
    ],
  ];
  for (const [when, name, password, set] of asked) {
    set();
    const before = proxy.log.filter((line) => line.includes('"cloud.reason"')).length;
    await bindAs(proxy, name, password);
    await eventually(() => proxy.log.filter((line) => line.includes('"cloud.reason"')).length > before);
    await look(when, name, password);
  }
  outputs.log = proxy.log.join('\n');
  outputs.audit = site.auditLines();
  t.ok(given > 5, 'records with marks were given');
  for (const name of ['log', 'audit', '/, suspended', '/operations, suspended', 'bundle, suspended'])
    t.match(outputs[name], /tavian\.bruskel.*The user is suspended/s, `${name} has what it is for`);
  const access = upstream.console.calls.flatMap(({ headers }) => headers.authorization ?? []);
  const tokens = [...new Set(access)].map((header) => header.replace(/^\w+ /, ''));
  t.ok(tokens.length >= 2, 'the credential and a token');
  const secrets = [...tokens, ...site.secrets, upstream.reader.password, RIGHT, upstream.apiKey];
  for (const [output, text] of Object.entries(outputs)) {
    t.notMatch(text, new RegExp(`.{60}${MARK}.{60}`), `${output}: no mark`);
    t.notOk(text.includes(MARK), `${output}: no mark`);
    for (const secret of secrets) t.notOk(text.includes(secret), `${output}: no secret`);
  }
});
