// The image, built from the Dockerfile by buildah over a base made on the spot, and what it says of itself.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, need } from '../conformance/packages.js';
import { debianTar, nodeTree } from './base-image.js';

const BUILDAH = '/usr/bin/buildah';
export const BASE_NAME = 'localhost/node:22-slim';

/** What an image's configuration has, as Docker writes it. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[]; readonly Interval: number; readonly Timeout: number };
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts?: object;
}

export interface Image {
  readonly config: ImageConfig;
  /** Digests of its layers, and of its base's. */
  readonly layers: readonly string[];
  readonly baseLayers: readonly string[];
  /** Its tree. */
  readonly root: string;
  remove(): void;
}

interface Inspected {
  readonly Docker: { readonly config: ImageConfig; readonly rootfs: { readonly diff_ids: readonly string[] } };
}

/** Builds it: some minutes. `version` goes in as the build argument. */
export async function buildImage(version: string): Promise<Image> {
  const store = mkdtempSync(join(tmpdir(), 'jumpgate-image-'));
  try {
    const buildah = (...args: readonly string[]) =>
      need(
        BUILDAH,
        ['--root', join(store, 'root'), '--runroot', join(store, 'run'), '--storage-driver', 'vfs', ...args],
        {
          cwd: process.cwd(),
        },
      );
    // vfs copies the whole tree for each layer: none is kept between the steps.
    const bud = ['bud', '--isolation', 'chroot', '--network', 'host', '--format', 'docker', '--quiet'];
    await buildah(...bud, '--tag', BASE_NAME, await baseContext(store));
    const settings = ['--build-arg', `BASE=${BASE_NAME}`, '--build-arg', `VERSION=${version}`];
    const npmCache = ['--volume', `${cacheFolder('image-base/npm')}:/root/.npm`];
    await buildah(...bud, ...settings, ...npmCache, '--tag', 'localhost/jumpgate', '.');
    const inspect = async (name: string) =>
      (JSON.parse(await buildah('inspect', '--type', 'image', name)) as Inspected).Docker;
    const { config, rootfs } = await inspect('localhost/jumpgate');
    const base = await inspect(BASE_NAME);
    const container = (await buildah('from', '--pull-never', 'localhost/jumpgate')).trim();
    const root = (await buildah('mount', container)).trim();
    return { config, layers: rootfs.diff_ids, baseLayers: base.rootfs.diff_ids, root, remove: () => remove(store) };
  } catch (error) {
    remove(store);
    throw error;
  }
}

/** The folder of a Dockerfile that makes the base. */
async function baseContext(store: string): Promise<string> {
  const context = join(store, 'base');
  mkdirSync(context);
  cpSync(await debianTar(), join(context, 'debian.tar'));
  cpSync(await nodeTree(), join(context, 'node'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nADD debian.tar /\nCOPY node/ /\nCMD ["node"]\n');
  return context;
}

function remove(store: string): void {
  rmSync(store, { recursive: true, force: true });
}
