// `POST /explain`: a question in JSON, an explanation in JSON. The password in it, if any, is base64 of its bytes and comes over loopback only.
import type { IncomingMessage } from 'node:http';
import { type Explain, type ExplainRequest, UnknownApp } from '../../gate/explain/explain.js';
import { isLoopback } from '../../runtime/loopback.js';

/** The most bytes of a question. */
const LONGEST = 64 * 1024;

/** Answers one request; the caller has looked where it comes from. */
export async function answerExplain(
  request: IncomingMessage,
  explain: Explain,
): Promise<readonly [status: number, body: unknown]> {
  const body = await readBody(request);
  if (body === undefined) return [413, { error: `a question has at most ${LONGEST} bytes` }];
  const question = readQuestion(body);
  body.fill(0);
  if (typeof question === 'string') return [400, { error: question }];
  const password = question.kind === 'bind' ? question.password : undefined;
  if (password !== undefined && !isLoopback(request.socket.remoteAddress))
    return [403, { error: 'a password is only accepted from this machine' }];
  try {
    return [200, await explain(question)];
  } catch (error) {
    if (error instanceof UnknownApp) return [400, { error: error.message }];
    throw error;
  } finally {
    password?.fill(0);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The question, or what is wrong with it. */
export function readQuestion(body: Buffer): ExplainRequest | string {
  let fields: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not a JSON object';
    fields = parsed as Record<string, unknown>;
  } catch {
    return 'not JSON';
  }
  const strange = Object.entries(fields).find(([, value]) => typeof value !== 'string');
  if (strange !== undefined) return `${strange[0]} is not a string`;
  const { kind, app, name, password, filter, as, base, entry } = fields as Record<string, string | undefined>;
  const whose = app === undefined ? {} : { app };
  if (kind === 'bind' && name !== undefined)
    return { kind, name, ...whose, ...(password === undefined ? {} : { password: Buffer.from(password, 'base64') }) };
  if (kind === 'search' && filter !== undefined)
    return {
      kind,
      filter,
      ...whose,
      ...(as === undefined ? {} : { as }),
      ...(base === undefined ? {} : { base }),
      ...(entry === undefined ? {} : { entry }),
    };
  return 'ask {"kind":"bind","name":…} or {"kind":"search","filter":…}';
}
