#!/usr/bin/env node
// The command's entry: hands the arguments to the command line and its answer to the shell.
import { runCli } from './cli/cli.js';

const { argv, env, stdin, stdout, stderr } = process;
process.exitCode = await runCli(argv.slice(2), { env, stdin, stdout, stderr });
