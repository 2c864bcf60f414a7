// What `jumpgate demo` says where the packages that only it needs are missing.
import t from 'tap';
import { installCommand } from '../../src/cli/demo-packages.js';
import { DEMO_PACKAGES, isMissingPackage } from '../../src/demo/packages.js';

const ALL = DEMO_PACKAGES.join(' ');

t.test('the command installs them where this program looks for packages', async (t) => {
  const commands: Readonly<Record<string, string>> = {
    '/usr/local/lib/node_modules/jumpgate/dist/main.js': `npm install -g --prefix /usr/local ${ALL}`,
    '/lib/node_modules/jumpgate/dist/main.js': `npm install -g --prefix / ${ALL}`,
    '/srv/tools/node_modules/jumpgate/dist/main.js': `npm install --prefix /srv/tools ${ALL}`,
    '/usr/lib/jumpgate/dist/main.js': `sudo npm install -g --prefix /usr ${ALL}`,
    '/home/ada/jumpgate/dist/main.js': 'npm install --include=dev --prefix /home/ada/jumpgate',
    '/opt/jumpgate.cjs': `npm install --prefix /opt ${ALL}`,
    "/opt/ada's files/jumpgate": `npm install --prefix '/opt/ada'\\''s files' ${ALL}`,
  };
  for (const [program, command] of Object.entries(commands)) t.equal(installCommand(program), command, program);
});

t.test('only a missing package of the demo is taken for one', async (t) => {
  const error = (code: string, message: string) => Object.assign(new Error(message), { code });
  // As Node.js says it of a file of our own; the loader of the tests says it otherwise now and then.
  t.notOk(isMissingPackage(error('ERR_MODULE_NOT_FOUND', "Cannot find module '/x/demo.js' imported from /x/cli.js")));
  t.ok(isMissingPackage(error('ERR_MODULE_NOT_FOUND', "Cannot find package 'ldapjs' imported from /x/demo.js")));
  t.ok(isMissingPackage(error('MODULE_NOT_FOUND', "Cannot find module '@peculiar/x509'\nRequire stack:\n- /x")));
  t.notOk(isMissingPackage(error('ERR_MODULE_NOT_FOUND', "Cannot find package 'zod' imported from /x/ldapjs.js")));
  t.notOk(isMissingPackage(error('EACCES', "'ldapjs'")));
  t.notOk(isMissingPackage(new TypeError("'ldapjs' is not a function")));
});
