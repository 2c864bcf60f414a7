// A command in its process: hands the arguments to the command line and its answer to the shell.
import { complain, guardStreams } from './io.js';
import { runPlain } from './plain-arguments.js';

/** EX_SOFTWARE, as for any other defect. */
const UNFINISHED = 70;

/** Runs the command of `process.argv` and sets `process.exitCode`. */
export async function runProcess(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  guardStreams({ stdout, stderr });
  const [args, io] = [argv.slice(2), { env, stdin, stdout, stderr }];
  const command = async () => (await runPlain(args, io)) ?? (await (await import('./cli.js')).runCli(args, io));
  await exitWith(command, stderr);
}

/** Sets `process.exitCode` to that of a command. Node.js ends with 0, as after a success, where nothing is left that a command could wait for. */
export async function exitWith(command: () => Promise<number>, stderr: NodeJS.WritableStream): Promise<void> {
  const unfinished = () => {
    process.exitCode = UNFINISHED;
    complain(stderr, 'jumpgate: ended before the command was finished: a defect of Jumpgate\n');
  };
  process.once('beforeExit', unfinished);
  process.exitCode = await command();
  process.removeListener('beforeExit', unfinished);
}
