// The configuration as an object: the same keys and checks as the file, and two other defaults.
import t from 'tap';
import type * as z from 'zod';
import type { schema } from '../../src/config/schema.js';
import { ConfigError, type JumpgateConfig } from '../../src/index.js';
import { loadSettings } from '../../src/library/load-settings.js';

/** What a program may write is what the schema takes. It is the compiler that checks this. */
export const written = (config: JumpgateConfig): z.input<typeof schema> => config as Mutable<JumpgateConfig>;
type Mutable<Part> = Part extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : Part extends object
    ? { -readonly [Key in keyof Part]: Mutable<Part[Key]> }
    : Part;

const upstream = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'secret' } };
const load = (config: JumpgateConfig, isLogged = true) => loadSettings(config, { ca: undefined, isLogged });

t.test('defaults are those of the file, except the ops port and the form of the log', async (t) => {
  const config = load({ upstream });
  t.equal(config.ops.http, undefined);
  t.same(config.log, { level: 'info', format: 'json', audit: undefined });
  t.same(config.listen.ldap, { host: '127.0.0.1', port: 1389 });
  t.same(load({ upstream, ops: { http: undefined }, log: undefined }).ops.http, undefined, 'undefined is left out');
  t.same(load({ upstream, ops: { http: '127.0.0.1:0' } }).ops.http, { host: '127.0.0.1', port: 0 });
  t.equal(load({ upstream, log: { level: 'debug', format: 'pretty' } }).log.format, 'pretty');
  t.equal(load({ upstream, log: { level: 'debug' } }, false).log.level, 'silent', 'where nobody reads it');
});

t.test(
  'every problem is reported at the same time, each with its key, its value and what to do, and no secret',
  async (t) => {
    const wrong = {
      ...upstream,
      reader: { user: 'ldap-reader', password: 'topsecret' },
      urls: ['http://topsecret.example'],
    };
    const config = { upstream: wrong, listen: { ldap: 'nowhere' }, binds: { window: 'soon' }, grup: 'wayk-users' };
    try {
      load(config as JumpgateConfig);
      t.fail('it is refused');
    } catch (error) {
      t.ok(error instanceof ConfigError);
      const { faults, message } = error as ConfigError;
      t.same(faults.map(({ path }) => path).sort(), ['binds.window', 'grup', 'listen.ldap', 'upstream.urls']);
      for (const fault of faults) {
        t.type(fault.message, 'string');
        t.match(fault.remedy, /\w/, fault.path);
        t.notOk(fault.from, 'it can have been written in one place only');
      }
      t.equal(faults.find(({ path }) => path === 'listen.ldap')?.value, '"nowhere"');
      t.match(message, /the configuration has 4 errors:\n {2}/);
      t.notMatch(message, /--set|topsecret"|password = /);
    }
  },
);

t.test('anything but an object is refused', async (t) => {
  for (const config of [undefined, null, 'file.yaml', []])
    t.throws(() => load(config as unknown as JumpgateConfig), TypeError, String(config));
});

t.test('environment variables change nothing', async (t) => {
  process.env.JUMPGATE_GROUP = 'others';
  t.teardown(() => delete process.env.JUMPGATE_GROUP);
  t.equal(load({ upstream }).group.name, 'wayk-users');
});
