#!/usr/bin/env node
// The command's entry: hands the arguments to the command line and its answer to the shell.
import { guardStreams } from './cli/io.js';
import { runPlain } from './cli/plain-arguments.js';

const { argv, env, stdin, stdout, stderr } = process;
guardStreams({ stdout, stderr });
const [args, io] = [argv.slice(2), { env, stdin, stdout, stderr }];
process.exitCode = (await runPlain(args, io)) ?? (await (await import('./cli/cli.js')).runCli(args, io));
