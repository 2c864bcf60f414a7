// The first code of the one file, in place of src/start/start.ts: V8's flags, then the program, out of the file or out of the executable.
import { getAsset, getRawAsset, isSea } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { keepYoungGenerationSmall, letYoungGenerationGrow } from '../../src/runtime/young-generation.js';
import { codeIn, compile, run } from '../../src/start/compiled-code.js';
import type { Bundle } from '../../src/start/serve-bundle.js';
import { setV8Flags } from '../../src/start/v8-flags.js';
import { NO_SOURCE, type Parts, partIn, unescaped } from './format.js';

// Behind the loader in the file (format.ts).
declare function jumpgateSource(): void;
declare function jumpgateCode(): void;

/** Runs the command of this process. */
export async function start(): Promise<void> {
  setV8Flags();
  // V8 takes compiled code with the flags alone that it was written down with: those of `serve`.
  keepYoungGenerationSmall();
  const { source, code } = isSea() ? assets() : ownParts();
  const script = compile(unescaped(source), __filename, codeIn(code, NO_SOURCE));
  if (process.argv[2] !== 'serve') letYoungGenerationGrow();
  // Nothing is imported from beside it.
  await run<Bundle>(script, pathToFileURL(__filename), () => undefined).runProcess();
}

const ownParts = (): Parts => ({
  source: partIn(jumpgateSource.toString()),
  code: Buffer.from(partIn(jumpgateCode.toString()), 'base64'),
});

/** An executable has both parts as assets, and its own file is Node.js. */
const assets = (): Parts => ({
  source: getAsset('source', 'latin1'),
  code: Buffer.from(getRawAsset('code') as ArrayBuffer),
});
