// The stand-in of JumpCloud as a program of its own, in a network that the test is not in. Writes what a configuration needs into the file.
import { renameSync, writeFileSync } from 'node:fs';
import { StandIn } from '../../src/demo/stand-in.js';

const [, , file = ''] = process.argv;
const { caPem, orgId, port, reader } = await StandIn.start({});
writeFileSync(`${file}.part`, JSON.stringify({ caPem, orgId, port, reader }));
renameSync(`${file}.part`, file);
