// A gzipped tar archive of a few small text files (POSIX ustar), for support bundles.
import { gzipSync } from 'node:zlib';

export interface ArchivedFile {
  /** At most 100 bytes, with a folder in front so that it unpacks into one. */
  readonly name: string;
  readonly content: string;
}

const BLOCK = 512;

/** `modified`: seconds since 1970, for all of them. */
export function archive(files: readonly ArchivedFile[], modified: number): Buffer {
  const blocks = files.flatMap(({ name, content }) => {
    const octets = Buffer.from(content, 'utf8');
    const rest = Buffer.alloc((BLOCK - (octets.length % BLOCK)) % BLOCK);
    return [header(name, octets.length, modified), octets, rest];
  });
  // Two empty blocks say that it is the end.
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function header(name: string, size: number, modified: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  block.write(name, 0, 100, 'utf8');
  octal(0o600, 100, 7); // mode
  octal(0, 108, 7); // owner
  octal(0, 116, 7); // group
  octal(size, 124, 11);
  octal(modified, 136, 11);
  block.write('        ', 148, 'latin1'); // the checksum is made as if it were blanks
  block.write('0', 156, 'latin1'); // an ordinary file
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
