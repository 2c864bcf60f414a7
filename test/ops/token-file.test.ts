// The file with an instance's own token: who may read it, and what is read from it.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { AccessControl } from '../../src/ops/http/access-control.js';
import { readTokenFile, tokenFolders, writeTokenFile } from '../../src/ops/http/token-file.js';

const PORT = 9389;

t.test('a token is new each time, for its user alone, and goes with its instance', async (t) => {
  const folder = t.testdir({});
  const umask = process.umask(0);
  const first = writeTokenFile(PORT, [folder]);
  process.umask(umask);
  const second = writeTokenFile(PORT, [folder]);
  t.equal(statSync(first.path).mode & 0o777, 0o600, 'whatever the umask');
  t.not(first.token.toString(), second.token.toString());
  t.equal(Buffer.from(first.token.toString(), 'base64url').length, 32);
  t.equal(readTokenFile(first.path, PORT), first.token.toString());
  first.remove();
  first.remove();
  t.notOk(existsSync(first.path));
  t.ok(existsSync(second.path), 'the other one’s stays');
  second.remove();
  t.same(readdirSync(folder), []);
});

t.test('a file that was removed while its instance runs is there again when it is asked for', async (t) => {
  const folder = t.testdir({});
  const file = writeTokenFile(PORT, [folder]);
  const control = new AccessControl({ token: () => undefined, ownToken: () => file }, () => true);
  const request = { method: 'POST', headers: { host: '127.0.0.1:9389' } } as IncomingMessage;
  t.match(control.refusal(request), { status: 401 });
  rmSync(file.path);
  t.match(control.refusal(request), { status: 401 });
  t.equal(readTokenFile(file.path, PORT), file.token.toString());
  rmSync(file.path);
  symlinkSync(join(folder, 'elsewhere'), file.path);
  file.restore();
  t.notOk(existsSync(join(folder, 'elsewhere')), 'nothing is written through a link');
  rmSync(file.path);
  file.remove();
  file.restore();
  t.notOk(existsSync(file.path), 'not after the end');
});

t.test('the first folder that takes a file has it; where none does it is an Error', async (t) => {
  const folder = t.testdir({ file: '' });
  const file = writeTokenFile(PORT, [join(folder, 'nowhere'), join(folder, 'file'), folder]);
  t.ok(file.path.startsWith(`${folder}/jumpgate-ops-9389-`));
  file.remove();
  t.throws(() => writeTokenFile(PORT, [join(folder, 'nowhere')]), /ENOENT/);
  t.throws(() => writeTokenFile(PORT, []), /no folder/);
  t.same(tokenFolders({ RUNTIME_DIRECTORY: '/run/a:/run/b', XDG_RUNTIME_DIR: '/run/user/1' }).slice(0, 2), [
    '/run/a',
    '/run/user/1',
  ]);
  t.equal(tokenFolders({}).length, 2);
});

t.test('nothing is read but a token of that port: a program that listens there may name any file', async (t) => {
  const folder = t.testdir({});
  const { path, token, remove } = writeTokenFile(PORT, [folder]);
  const secret = join(folder, 'secret');
  writeFileSync(secret, token, { mode: 0o600 });
  const named = (name: string) => join(folder, `jumpgate-ops-${PORT}-${name}.token`);
  symlinkSync(secret, named('00000001'));
  writeFileSync(named('00000002'), `${token}\n`, { mode: 0o600 });
  writeFileSync(named('00000003'), `root:$6$${token}`.slice(0, 43), { mode: 0o600 });
  mkdirSync(named('00000004'), 0o700);
  writeFileSync(named('00000005'), token);
  chmodSync(named('00000005'), 0o640);
  linkSync(secret, join(folder, `jumpgate-ops-1${PORT}-00000006.token`));
  for (const [file, complaint] of [
    [secret, /not the token file/],
    [named('00000001'), /ELOOP/],
    [named('00000002'), /holds no token/],
    [named('00000003'), /holds no token/],
    [named('00000004'), /holds no token/],
    [named('00000005'), /open to others/],
    [join(folder, `jumpgate-ops-1${PORT}-00000006.token`), /not the token file/],
    [named('0000000f'), /ENOENT/],
  ] as const)
    t.throws(() => readTokenFile(file, PORT), complaint, file);
  t.throws(() => readTokenFile(path, PORT + 1), /not the token file/);
  t.equal(readFileSync(path, 'utf8'), readTokenFile(path, PORT));
  remove();
});
