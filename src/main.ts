#!/usr/bin/env node
// The command's entry: hands the arguments to the command line and its answer to the shell.
import { setFlagsFromString } from 'node:v8';
import { runPlain } from './cli/plain-arguments.js';

// Where V8 has seen objects live long, it makes the next ones where long-lived objects are. It sees that of connections that stay, and
// is wrong about the thousands that come to log in and go: they then fill the heap (40 MB a second) until all of it is collected.
setFlagsFromString('--no-allocation-site-pretenuring');

const { argv, env, stdin, stdout, stderr } = process;
const [args, io] = [argv.slice(2), { env, stdin, stdout, stderr }];
process.exitCode = (await runPlain(args, io)) ?? (await (await import('./cli/cli.js')).runCli(args, io));
