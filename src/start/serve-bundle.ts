// `serve` in one file with V8's compiled code beside it: 330 modules that are found, read and compiled one by one took most of a start.
//
// `npm run build` writes both files (bundle/main.ts). Without them, or with an older V8's code, the start is only slower: 210 ms of CPU with both,
// 300 with the bundle alone, 510 with neither (Node 20.20.2). It may go when Node caches the compiled code of ES modules on every line.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeIn, compile, run, textOf } from './compiled-code.js';

/** What the bundle exports. */
export interface Bundle {
  readonly runProcess: () => Promise<void>;
}

/** Where the two files are: beside main.js, and as safe from others as that is. Nothing writes to it while the program runs. */
const HERE = new URL('../', import.meta.url);
export const BUNDLE = 'serve.cjs';
export const CODE = 'serve.code';

/** What the bundle leaves out and loads when it is needed, by the names that it has for it: nothing else can be loaded by it. */
export const LEFT_OUT: Readonly<Record<string, () => Promise<unknown>>> = {
  './cli/cli.js': () => import('../cli/cli.js'),
  './cli/ask-instance.js': () => import('../cli/ask-instance.js'),
  './app/cloud-side.js': () => import('../app/cloud-side.js'),
  './app/lag-side.js': () => import('../app/lag-side.js'),
  './app/cloud-watch.js': () => import('../app/cloud-watch.js'),
  './app/fleet-side.js': () => import('../app/fleet-side.js'),
  './app/fleet-reading.js': () => import('../app/fleet-reading.js'),
  './app/revocation.js': () => import('../app/revocation.js'),
  './app/tenant-limits.js': () => import('../app/tenant-limits.js'),
  './cloud/api.js': () => import('../cloud/api.js'),
  './cloud/client/proxy.js': () => import('../cloud/client/proxy.js'),
  'pino-pretty': () => import('pino-pretty'),
};

/** The bundle, ready to run; undefined: there is none, or none that is whole. */
export function loadBundle(folder = HERE): Bundle | undefined {
  const source = read(new URL(BUNDLE, folder));
  const script = source === undefined ? undefined : compileWhole(source, folder);
  return script === undefined ? undefined : run(script, new URL(BUNDLE, folder), (name) => LEFT_OUT[name]?.());
}

function compileWhole(source: Buffer, folder: URL): ReturnType<typeof compile> | undefined {
  try {
    const file = fileURLToPath(new URL(BUNDLE, folder));
    return compile(textOf(source), file, codeIn(read(new URL(CODE, folder)), source));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function read(file: URL): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return readOpen(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/**
 * The whole file in memory of its own from the system, which a resizable buffer has, rather than from `malloc`: when a large block of that is
 * freed, the C library takes such sizes for usual and keeps as much in each thread's arena from then on. 8 MB fewer were resident (glibc 2.36).
 */
function readOpen(descriptor: number): Buffer {
  const { size } = fstatSync(descriptor);
  const octets = Buffer.from(new ResizableBuffer(size, { maxByteLength: size }));
  let at = 0;
  while (at < size) {
    const got = readSync(descriptor, octets, at, size - at, at);
    if (got === 0) break;
    at += got;
  }
  return octets.subarray(0, at);
}

/** TypeScript knows the second parameter from ES2024 on; Node.js from 20 on. */
const ResizableBuffer = ArrayBuffer as unknown as new (
  size: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer;
