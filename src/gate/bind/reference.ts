// The reference that a refused client may receive: it says nothing, but an operator can find the refusal by it.
import type { LDAPResult } from '../../ldap/message.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 8;

/** Eight letters and digits, from as many random bytes: they say nothing about the refusal. */
export function makeReference(random: (octets: number) => Buffer): string {
  let reference = '';
  // 256 is eight times 32: each letter is as likely as any other.
  for (const octet of random(LENGTH)) reference += LETTERS[octet % LETTERS.length];
  return reference;
}

/** The same answer with the reference in its diagnostic message. */
export function withReference(answer: LDAPResult, reference: string): LDAPResult {
  const { text } = answer;
  return { ...answer, text: text === '' ? `reference ${reference}` : `${text} (reference ${reference})` };
}
