// One conversation: messages that make no sense over one connection, and whether what came back is what such a client may have.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { LDAPMessage, Response } from '../src/ldap/message.js';
import { Oid } from '../src/ldap/message.js';
import { decodeRequest, decodeResponse } from '../src/wire/decode.js';
import { encodeMessage } from '../src/wire/encode.js';
import { ProtocolError } from '../src/wire/errors.js';
import { Framer } from '../src/wire/frame.js';
import { mutated, mutatedInside } from './mutate.js';
import { Random } from './random.js';

/** Whom the conversation belongs to: a right bind is sent first where somebody is named. */
export interface Speaker {
  readonly name: string;
  readonly password: string;
}

export interface Conversation {
  readonly messages: readonly Buffer[];
  readonly speaker: Speaker | undefined;
  readonly overTls: boolean;
  /** The sizes that its bytes are cut into; at the end the rest. */
  readonly cuts: readonly number[];
  /** Reset in the middle instead of ended in order. */
  readonly isReset: boolean;
}

export interface Place {
  readonly url: string;
  readonly ldapsUrl: string;
  readonly caPem: string;
}

/** Messages of one conversation at most, and one of how many may have a broken envelope, which ends it. */
const LONGEST = 30;
const ENVELOPES = 15;
/**
 * Milliseconds in which something has to come, an answer or the end. Not the whole conversation: a thousand wrong binds in a row, each
 * held until the common moment of refusals, take their time and are answered anyway.
 */
const PATIENCE = 20_000;
/** An ID that the corpus does not use. */
const PROBE_ID = 0x5eed;
const LARGEST_ANSWER = 64 * 1024 * 1024;
/** What is in no answer, whatever is asked: the upstream's names, people outside the group, passwords. */
const SECRETS = [
  'dc=jumpcloud',
  '5f1c0a9e7b3d4c2a8e6f9d10',
  'corvane',
  'liora',
  'joreth',
  'user-secret',
  'reader-secret',
  'userpassword:',
];
const OTHERS = ['mirelle', 'tavian', 'yselda', 'bastel', 'nahlia', 'svenja', 'daxon', 'philo'];

/** The `number`-th conversation of a run with this seed. */
export function conversation(seed: number, number: number, corpus: readonly Buffer[], speaker: Speaker): Conversation {
  const random = new Random(seed, number);
  return {
    messages: [
      ...Array.from({ length: 1 + random.below(LONGEST) }, () =>
        random.once(ENVELOPES) ? mutated(random, corpus) : mutatedInside(random, corpus),
      ),
      PROBE,
    ],
    speaker: random.once(4) ? speaker : undefined,
    overTls: random.once(10),
    cuts: random.once(3) ? Array.from({ length: random.below(12) }, () => 1 + random.below(40)) : [],
    isReset: random.once(25),
  };
}

/** The connection's own port, to find it in the log, and what was wrong with the answers, if anything was. */
export interface Held {
  readonly port: number;
  readonly fault?: string;
  /** Messages that came back. */
  readonly answers: number;
}

/** Holds the conversation to its end. Never rejects: a refused connection is a finding. */
export async function hold(talk: Conversation, place: Place): Promise<Held> {
  const socket = open(talk, place);
  const received: Buffer[] = [];
  let failure: string | undefined;
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    late.refresh();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') failure = 'connections are refused';
    });
  });
  const late = setTimeout(() => {
    failure = `neither an answer nor the end came within ${PATIENCE} ms`;
    socket.destroy();
  }, PATIENCE);
  await new Promise<void>((resolve) => {
    socket.once(talk.overTls ? 'secureConnect' : 'connect', () => resolve());
    socket.once('close', () => resolve());
  });
  const port = socket.localPort ?? 0;
  await speak(socket, talk);
  await closed;
  clearTimeout(late);
  const { fault = failure, answers } = judge(Buffer.concat(received), talk);
  return fault === undefined ? { port, answers } : { port, fault, answers };
}

function open({ overTls }: Conversation, place: Place): Socket {
  const to = { port: Number(new URL(overTls ? place.ldapsUrl : place.url).port), host: '127.0.0.1' };
  return overTls ? connectTls({ ...to, ca: place.caPem, servername: 'localhost' }) : connect(to);
}

async function speak(socket: Socket, talk: Conversation): Promise<void> {
  const whole = Buffer.concat([...opening(talk.speaker), ...talk.messages]);
  let at = 0;
  for (const size of talk.cuts) {
    if (!socket.writable) return;
    socket.write(whole.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!socket.writable) return;
  socket.write(whole.subarray(at));
  if (!talk.isReset) socket.end();
  else if (talk.overTls) socket.destroy();
  else socket.resetAndDestroy();
}

/** Last in every conversation: whose it is in the end. */
const PROBE = encodeMessage({ messageID: PROBE_ID, op: { kind: 'extendedRequest', requestName: Oid.whoAmI } });

function opening(speaker: Speaker | undefined): Buffer[] {
  if (speaker === undefined) return [];
  const authentication = { method: 'simple', password: Buffer.from(speaker.password) } as const;
  return [encodeMessage({ messageID: 1, op: { kind: 'bindRequest', version: 3, name: speaker.name, authentication } })];
}

/** How many messages came back, and what in them may not be, if anything. */
function judge(octets: Buffer, talk: Conversation): { readonly answers: number; readonly fault?: string } {
  const { speaker } = talk;
  const words = octets.toString('latin1').toLowerCase();
  const secret = [...SECRETS, ...OTHERS].find((word) => words.includes(word));
  const framer = new Framer(LARGEST_ANSWER);
  framer.push(octets);
  const asked = whatWasAsked(talk);
  let answers = 0;
  if (secret !== undefined) return { answers, fault: `an answer holds "${secret}"` };
  try {
    for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) {
      const message = decodeResponse(pdu);
      answers++;
      if (isStartTLS(message)) return { answers }; // what follows is TLS
      const isOpening = answers === 1 && speaker !== undefined;
      const fault = isOpening ? undefined : faultOf(message, speaker, asked);
      if (fault !== undefined) return { answers, fault };
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { answers, fault: `an answer that cannot be read: ${detail}` };
  }
  return { answers };
}

function isStartTLS({ op }: LDAPMessage<Response>): boolean {
  return op.kind === 'extendedResponse' && op.responseName === Oid.startTLS && op.result.code === 0;
}

function faultOf(
  { messageID, op }: LDAPMessage<Response>,
  speaker: Speaker | undefined,
  { ids, anonymousBinds }: Asked,
): string | undefined {
  const isNotice = messageID === 0 && op.kind === 'extendedResponse' && op.responseName === Oid.noticeOfDisconnection;
  if (!isNotice && !ids.has(messageID)) return `a ${op.kind} to message ${messageID}, which was not sent`;
  switch (op.kind) {
    case 'bindResponse':
      if (op.result.code !== 0 || anonymousBinds.has(messageID)) return undefined;
      return `a bind (message ${messageID}) with a wrong or empty password was answered with 0`;
    case 'searchResultEntry': {
      const isPublic = op.objectName === '' || op.objectName.toLowerCase() === 'cn=subschema';
      return isPublic || speaker !== undefined ? undefined : `${op.objectName} was returned to nobody`;
    }
    case 'searchResultReference':
      return 'a reference was returned';
    case 'extendedResponse': {
      const who = op.responseValue?.toString() ?? '';
      return who === '' || who === `dn:${speaker?.name}` ? undefined : `who am I: ${who}`;
    }
    default:
      return undefined;
  }
}

/** By our own reading of what was sent. */
interface Asked {
  /** Message IDs; 0 may be among them. */
  readonly ids: ReadonlySet<number>;
  /** Those of binds that may be answered with success. */
  readonly anonymousBinds: ReadonlySet<number>;
}

function whatWasAsked({ messages, speaker }: Conversation): Asked {
  const ids = new Set<number>();
  const anonymousBinds = new Set<number>();
  const framer = new Framer(LARGEST_ANSWER);
  framer.push(Buffer.concat([...opening(speaker), ...messages]));
  try {
    for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) {
      try {
        const { messageID, op } = decodeRequest(pdu);
        ids.add(messageID);
        if (op.kind !== 'bindRequest' || op.authentication.method !== 'simple') continue;
        if (op.name === '' && op.authentication.password.length === 0) anonymousBinds.add(messageID);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        if (error.messageID === undefined) break;
        ids.add(error.messageID);
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return { ids, anonymousBinds };
}
