// `jumpgate explain`: why a name gets in or not, why a filter finds or not; from a running instance, or by reading the upstream itself.
import { inspect } from '../app/inspect.js';
import type { Config } from '../config/config.js';
import { refusesOf } from '../gate/explain/cloud-reasons.js';
import { type ExplainedResult, type ExplainRequest, UnknownApp } from '../gate/explain/explain.js';
import { textOfReason } from '../gate/explain/reasons.js';
import { explanationText } from '../ops/explain/explain-text.js';
import { terminalOf } from '../ops/terminal.js';
import { ask } from './ask.js';
import { FAILED, OK, USAGE, UsageError } from './failure.js';
import { instanceToken, TokenError } from './instance-token.js';
import type { CliIo } from './io.js';
import { readPassword } from './password.js';

export interface ExplainOptions {
  /** A name, or a filter: it begins with a parenthesis. */
  readonly subject: string;
  readonly passwordFromStdin: boolean;
  /** The name of the one that is asked about. */
  readonly app?: string | undefined;
  readonly as?: string | undefined;
  readonly base?: string | undefined;
  readonly entry?: string | undefined;
  /** Of the ops port to ask, whatever the configuration says. */
  readonly url?: string | undefined;
  /** True to ask no instance. */
  readonly alone: boolean;
  readonly json: boolean;
  readonly load: () => Config;
  /** The ops port by the configuration; undefined: it has none. */
  readonly opsUrl: () => Promise<string | undefined>;
  /** Of the ops port, where one is set. */
  readonly token: () => Promise<string | undefined>;
}

/** Exit code: the name does not get in, or nothing is found. FAILED: it could not be decided (an outage, a limit). */
const NO = 4;

/** Milliseconds for an answer: a bind upstream may wait for somebody to confirm a push. */
const PATIENCE = 90_000;

/** Exit code: OK, FAILED, USAGE or NO. */
export async function explain(options: ExplainOptions, io: CliIo): Promise<number> {
  const question = await questionOf(options, io);
  if (question === undefined) return USAGE;
  const answered = await answer(question, options, io);
  if (answered === undefined) return FAILED;
  const terminal = terminalOf(io.stdout, io.env);
  io.stdout.write(options.json ? `${JSON.stringify(answered, null, 2)}\n` : explanationText(answered, terminal));
  return exitCode(answered);
}

async function questionOf(options: ExplainOptions, io: CliIo): Promise<ExplainRequest | undefined> {
  const { subject, passwordFromStdin, app, as, base, entry } = options;
  const whose = app === undefined ? {} : { app };
  if (!subject.startsWith('(')) {
    if (as !== undefined || base !== undefined || entry !== undefined) {
      io.stderr.write('jumpgate: --as, --base and --entry go with a filter, which begins with a parenthesis.\n');
      return undefined;
    }
    return {
      kind: 'bind',
      name: subject,
      ...whose,
      ...(passwordFromStdin ? { password: await readPassword(io) } : {}),
    };
  }
  if (passwordFromStdin) {
    io.stderr.write('jumpgate: a filter needs no password; --as says who searches.\n');
    return undefined;
  }
  return {
    kind: 'search',
    filter: subject,
    ...whose,
    ...(as === undefined ? {} : { as }),
    ...(base === undefined ? {} : { base }),
    ...(entry === undefined ? {} : { entry }),
  };
}

/** A running instance, and what has to be shown to it. */
interface Instance {
  readonly url: string;
  readonly token: string | undefined;
}

async function answer(
  question: ExplainRequest,
  options: ExplainOptions,
  io: CliIo,
): Promise<ExplainedResult | undefined> {
  const instance =
    options.url === undefined && (options.alone || hasPassword(question)) ? undefined : await instanceFor(options, io);
  if (instance === 'refused') return undefined;
  if (instance === undefined) {
    if (!options.alone && hasPassword(question))
      io.stderr.write('(read JumpCloud itself; to try the password at a running instance, give its --url)\n');
    return alone(question, options.load());
  }
  const { url, token } = instance;
  try {
    const sent = asJson(question);
    const { status, body } = await ask(`${url}/explain`, 'POST', { token, sent, time: PATIENCE });
    if (status !== 200) throw new Error(`answered ${status}: ${body.trim()}`);
    // It may be another one than the configuration's.
    if (options.url === undefined) io.stderr.write(`(asked the instance at ${url}; --alone reads JumpCloud again)\n`);
    return JSON.parse(body) as ExplainedResult;
  } catch (error) {
    io.stderr.write(`jumpgate: ${url}: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** A password is sent to a port only where the port was named: anybody on this machine may sit on one that is free. */
function hasPassword(question: ExplainRequest): boolean {
  return question.kind === 'bind' && question.password !== undefined;
}

async function alone(question: ExplainRequest, config: Config): Promise<ExplainedResult> {
  const inspection = await inspect(config);
  try {
    return await inspection.explain(question);
  } catch (error) {
    throw error instanceof UnknownApp ? new UsageError(`--app: ${error.message}`) : error;
  } finally {
    inspection.close();
  }
}

/** The one at --url, or 'refused'; else the configuration's, or undefined if none of ours answers there that this user may ask. */
async function instanceFor(options: ExplainOptions, io: CliIo): Promise<Instance | 'refused' | undefined> {
  const url = (options.url ?? (await options.opsUrl()))?.replace(/\/$/, '');
  if (url === undefined) return undefined;
  try {
    const token = await instanceToken(url, await options.token());
    if (options.url !== undefined) return { url, token };
    const { status, body } = await ask(`${url}/explain`, 'POST', { token, sent: '{}' });
    return status === 400 && body.includes('kind') ? { url, token } : undefined;
  } catch (error) {
    if (options.url === undefined && !(error instanceof TokenError)) return undefined;
    io.stderr.write(`jumpgate: ${url}: ${(error as Error).message}\n`);
    return options.url === undefined ? undefined : 'refused';
  }
}

function asJson(question: ExplainRequest): string {
  if (question.kind === 'search' || question.password === undefined) return JSON.stringify(question);
  return JSON.stringify({ ...question, password: question.password.toString('base64') });
}

function exitCode(answered: ExplainedResult): number {
  // The instance that was asked may be newer and know further reasons.
  if (textOfReason(answered.why?.reason ?? 'ok')?.outcome === 'failed') return FAILED;
  if (answered.kind === 'bind') {
    if (answered.answer === undefined) return refusesOf(answered.cloud) === 'no' ? OK : NO;
    return answered.answer.code === 0 ? OK : NO;
  }
  if (answered.fault !== undefined) return USAGE;
  const { expected, matched } = answered;
  if (expected !== undefined) return expected.verdict === 'found' ? OK : NO;
  return answered.answer?.code === 0 && (matched?.entries ?? 0) > 0 ? OK : NO;
}
