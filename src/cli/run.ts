// A command in its process: hands the arguments to the command line and its answer to the shell.
import { guardStreams } from './io.js';
import { runPlain } from './plain-arguments.js';

/** Runs the command of `process.argv` and sets `process.exitCode`. */
export async function runProcess(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  guardStreams({ stdout, stderr });
  const [args, io] = [argv.slice(2), { env, stdin, stdout, stderr }];
  process.exitCode = (await runPlain(args, io)) ?? (await (await import('./cli.js')).runCli(args, io));
}
