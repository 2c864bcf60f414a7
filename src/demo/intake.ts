// A connection's way in: whole messages are delayed and judged before ldapjs' parser gets them, and nothing that ldapjs throws gets out.
import type { Socket } from 'node:net';
import { respond } from '../gate/answer.js';
import type { LDAPMessage, LDAPResult, Request } from '../ldap/message.js';
import { decodeRequest } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { Framer } from '../wire/frame.js';
import { PPOLICY } from './direct-answers.js';

/** The fate of a request: passed on to ldapjs, answered immediately, left without an answer, or the end of its connection. */
export type Judgement = 'pass' | 'ignore' | 'drop' | LDAPResult;

/** A connection as ldapjs prepares it. */
export type LdapjsSocket = Socket & { readonly parser: { write(octets: Buffer): unknown } };

const LARGEST_MESSAGE = 1024 * 1024;

/** Puts `judge` between the connection and ldapjs; `latency` in milliseconds is asked for at each message. */
export function guard(
  socket: LdapjsSocket,
  judge: (message: LDAPMessage<Request>) => Judgement,
  latency: () => number,
): void {
  const framer = new Framer(LARGEST_MESSAGE);
  const { parser } = socket;
  const passOn = parser.write.bind(parser);

  const take = (pdu: Buffer): void => {
    const message = decodeRequest(pdu);
    const judgement = judge(message);
    if (judgement === 'ignore') return;
    if (judgement === 'drop') return void socket.destroy();
    if (judgement === 'pass') return void passOn(forLdapjs(message) ?? pdu);
    const op = respond(message.op.kind, judgement);
    if (op !== undefined) socket.write(encodeMessage({ messageID: message.messageID, op }));
  };
  /** Whatever cannot be read, by us or by ldapjs, costs this connection and no other. */
  const orEnd = (step: () => void): void => {
    if (socket.destroyed) return;
    try {
      step();
    } catch {
      socket.destroy();
    }
  };
  parser.write = (chunk) =>
    orEnd(() => {
      framer.push(chunk);
      for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) {
        const whole = pdu;
        later(latency(), () => orEnd(() => take(whole)));
      }
    });
}

/** ldapjs gives a connection up over a password policy request control as it should be, without a value: it gets an empty SEQUENCE. */
function forLdapjs(message: LDAPMessage<Request>): Buffer | undefined {
  const { controls } = message;
  if (!controls?.some(({ type }) => type === PPOLICY)) return undefined;
  const value = Buffer.from('3000', 'hex');
  return encodeMessage({
    ...message,
    controls: controls.map((control) => (control.type === PPOLICY ? { ...control, value } : control)),
  });
}

/** Immediately if there is nothing to wait for. The timer does not keep the process alive. */
export function later(milliseconds: number, step: () => void): void {
  if (milliseconds > 0) setTimeout(step, milliseconds).unref();
  else step();
}
