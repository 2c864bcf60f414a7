// The stand-in of JumpCloud as a program of its own, for a namespace that a test cannot enter itself. Its folder is the only argument; it
// writes the CA, the reader's password and, when it is there, its URL in files.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandIn } from '../../src/demo/stand-in.js';

const [, , folder = '.'] = process.argv;
const { caPem, url, reader } = await StandIn.start({});
writeFileSync(join(folder, 'ca.pem'), caPem);
writeFileSync(join(folder, 'reader'), reader.password, { mode: 0o400 });
writeFileSync(join(folder, 'url.part'), url);
renameSync(join(folder, 'url.part'), join(folder, 'url'));
