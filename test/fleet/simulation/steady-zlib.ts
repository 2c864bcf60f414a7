// To be imported first: brotli on the spot in place of other threads, so that virtual time has nothing to wait for and a seed decides everything.
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

type Callback = (error: Error | null, result?: Buffer) => void;
const atOnce =
  (work: (octets: Buffer, options: object) => Buffer) => (octets: Buffer, options: object, done: Callback) => {
    let result: Buffer;
    try {
      result = work(octets, options);
    } catch (error) {
      return queueMicrotask(() => done(error as Error));
    }
    queueMicrotask(() => done(null, result));
  };
Object.assign(zlib, {
  brotliCompress: atOnce(zlib.brotliCompressSync),
  brotliDecompress: atOnce(zlib.brotliDecompressSync),
});
syncBuiltinESMExports();
