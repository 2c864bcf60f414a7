// A program in one file, and the code that V8 compiled of it: both are handed to V8 together, so that it need not compile at the start.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/** Imports what is not in the file, by the name that the program has for it. */
export type Importing = (name: string) => Promise<unknown> | undefined;

/** Bytes of the digest at the beginning of the compiled code. */
const DIGEST = 32;

/** `file`: its name in stack traces. `code`: V8's compiled code of this text; V8 leaves it where it is of another V8, or of other flags. */
export function compile(text: string, file: string, code?: Buffer): Script {
  return new Script(`(function (exports, require, module, bundleUrl, bundleImport) {${text}\n})`, {
    filename: file,
    cachedData: code,
  });
}

type Body = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  url: string,
  importing: Importing,
) => void;

/** Runs the program's first level and returns what it exports; `file` is where it looks for packages. */
export function run<Exports>(script: Script, { href }: URL, importing: Importing): Exports {
  const module = { exports: {} };
  (script.runInThisContext() as Body)(module.exports, createRequire(href), module, href, importing);
  return module.exports as Exports;
}

/** What is kept of the compiled code of this source. */
export function withDigest(code: Buffer, source: Buffer): Buffer {
  return Buffer.concat([digest(source, code), code]);
}

/** The code in what was kept, if it is whole and of this source: of the source, V8 itself compares the length alone. */
export function codeIn(kept: Buffer | undefined, source: Buffer): Buffer | undefined {
  if (kept === undefined || kept.length <= DIGEST) return undefined;
  const code = kept.subarray(DIGEST);
  return timingSafeEqual(kept.subarray(0, DIGEST), digest(source, code)) ? code : undefined;
}

function digest(source: Buffer, code: Buffer): Buffer {
  return createHash('sha256').update(source).update(code).digest();
}

/** Bytes of one piece of text: Node puts it into V8's heap, and pieces above 1 MiB outside. */
const PIECE = 0x80000;

/** The program's text. It is ASCII: one byte per character, in memory as well. */
export function textOf(source: Buffer): string {
  let text = '';
  for (let at = 0; at < source.length; at += PIECE) text += source.toString('latin1', at, at + PIECE);
  return text;
}
