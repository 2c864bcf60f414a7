// The suites in Python: fetched by pip at the versions and digests of python/requirements.txt, for Debian's Python, which brings python-ldap.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { without } from '../support/site.js';
import { cacheFolder, type Ended, need, type RunOptions, run } from './packages.js';

const HERE = fileURLToPath(new URL('./python/', import.meta.url));
const PYTHON = '/usr/bin/python3';
const PACKAGES = '/usr/lib/python3/dist-packages';

/** False, or why the suites in Python are skipped. bonsai is compiled, so it needs the headers. */
export const withoutPython = without(
  ...['ldap', 'pip', 'setuptools', 'wheel'].map((name) => join(PACKAGES, name, '__init__.py')),
  ...['/usr/bin/gcc', '/usr/include/ldap.h', '/usr/include/sasl/sasl.h', '/usr/bin/python3-config'],
);

/** Where `fill` has put what this list of requirements names; a new list has a new folder. */
async function fetched(list: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  const digest = createHash('sha256')
    .update(readFileSync(join(HERE, list)))
    .digest('hex');
  const folder = join(cacheFolder('python'), `${list}-${digest.slice(0, 16)}`);
  const done = join(folder, 'done');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    await fill(folder);
    writeFileSync(done, '');
  }
  return folder;
}

const pip = (...args: readonly string[]) =>
  need(PYTHON, ['-m', 'pip', '--quiet', '--disable-pip-version-check', ...args]);
const LOCKED = ['--no-deps', '--require-hashes', '--no-build-isolation'];

/** Runs Python with the packages of requirements.txt, which are fetched first where they are not in the cache. */
export async function python(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const packages = await fetched('requirements.txt', (folder) =>
    pip('install', ...LOCKED, '--root-user-action=ignore', '--target', folder, '-r', join(HERE, 'requirements.txt')),
  );
  return run(PYTHON, args, { ...options, env: { PYTHONPATH: packages, LC_ALL: 'C.UTF-8', ...options.env } });
}

/** Checks the objects of a YAML file against Kubernetes' own schemas of a version, such as 1.33. A kind that it does not know is a warning. */
export async function kubernetesValidate(version: string, file: string): Promise<Ended> {
  const packages = await fetched('kubernetes.txt', (folder) =>
    pip('install', ...LOCKED, '--root-user-action=ignore', '--target', folder, '-r', join(HERE, 'kubernetes.txt')),
  );
  const args = ['-m', 'kubernetes_validate', '-k', version, '--strict', file];
  return run(PYTHON, args, { env: { PYTHONPATH: packages, LC_ALL: 'C.UTF-8' } });
}

/** The path of one of the programs of `python/`. */
export const pythonFile = (name: string) => join(HERE, name);

/** The folder of ldap3's source distribution, with its tests made a package and with our settings for them. */
export async function ldap3Tests(): Promise<string> {
  const folder = await fetched('ldap3.txt', async (into) => {
    mkdirSync(into, { recursive: true });
    await pip('download', ...LOCKED, '--no-binary', ':all:', '--dest', into, '-r', join(HERE, 'ldap3.txt'));
    await need('tar', ['xzf', join(into, 'ldap3-2.9.1.tar.gz'), '--strip-components=1', '-C', into]);
  });
  writeFileSync(join(folder, 'test', '__init__.py'), '');
  copyFileSync(join(HERE, 'ldap3_config.py'), join(folder, 'test', 'config.py'));
  copyFileSync(join(HERE, 'run_ldap3.py'), join(folder, 'run_ldap3.py'));
  return folder;
}
