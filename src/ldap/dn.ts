// Distinguished names: parsed once into RDNs, compared by structure, formatted with escaping (RFC 4514). Never compared as text.
import { prepareIA5Value, prepareTelephone, prepareValue } from './prepare.js';
import { attributeType } from './schema.js';

/** One attribute type and value assertion. The type is as written, the value is unescaped text. */
export interface AVA {
  readonly type: string;
  readonly value: string;
}
/** One level of a name; nearly always of one type and value. */
export type RDN = readonly AVA[];
/** From the entry to the root, as written. Empty: the root. */
export type DN = readonly RDN[];

/** Longer names are refused before they are parsed (R26). */
export const LONGEST_NAME = 8192;
const MOST_RDNS = 64;
const MOST_AVAS = 16;

/** Characters that a value must not contain: controls, line separators, and the replacement for invalid UTF-8 (R24). */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/u;
const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The name that the text stands for, or undefined for anything that RFC 4514 (with RFC 2253 4's legacy forms) does not allow. */
export function parseDN(text: string): DN | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  if (text.trim() === '') return text === '' ? [] : undefined;
  return plainDN(text) ?? parseAny(text);
}

/** A name as nearly all are: letters, digits and what needs no second look. Anything else is for the parser. */
const PLAIN_RDN = /^([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9._@-]+)$/;

function plainDN(text: string): DN | undefined {
  const rdns: RDN[] = [];
  for (let start = 0; start <= text.length; ) {
    const comma = text.indexOf(',', start);
    const end = comma < 0 ? text.length : comma;
    const match = PLAIN_RDN.exec(text.slice(start, end));
    if (match === null || rdns.length === MOST_RDNS) return undefined;
    rdns.push([{ type: match[1]!, value: match[2]! }]);
    start = end + 1;
  }
  return rdns;
}

/** The name by the whole grammar; exported for the test that compares the two. */
export function parseAny(text: string): DN | undefined {
  if (!text.isWellFormed() || FORBIDDEN.test(text)) return undefined;
  return new Parser(text).dn();
}

/** One pass over the text, one character at a time, no going back. */
class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  dn(): DN | undefined {
    const rdns: RDN[] = [];
    for (;;) {
      const rdn = this.rdn();
      if (rdn === undefined || rdns.length === MOST_RDNS) return undefined;
      rdns.push(rdn);
      if (this.at === this.text.length) return rdns;
      this.at++; // the comma or semicolon at which the value ended
    }
  }

  private rdn(): RDN | undefined {
    const avas: AVA[] = [];
    for (;;) {
      const ava = this.ava();
      if (ava === undefined || avas.length === MOST_AVAS) return undefined;
      avas.push(ava);
      if (this.text[this.at] !== '+') return avas;
      this.at++;
    }
  }

  private ava(): AVA | undefined {
    const equals = this.text.indexOf('=', this.at);
    if (equals < 0) return undefined;
    const type = this.text
      .slice(this.at, equals)
      .trim()
      .replace(/^oid\./i, '');
    if (!TYPE.test(type)) return undefined;
    this.at = equals + 1;
    this.skipSpaces();
    const first = this.text[this.at];
    const value = first === '"' ? this.quoted() : first === '#' ? this.hexString() : this.plain();
    if (value === undefined || value === '' || FORBIDDEN.test(value)) return undefined;
    return { type, value };
  }

  private skipSpaces(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  /** The character at the position: a whole code point. */
  private char(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private isAtSeparator(): boolean {
    const char = this.text[this.at];
    return char === undefined || char === ',' || char === ';' || char === '+';
  }

  private plain(): string | undefined {
    const parts = new Unescaped();
    /** Where trailing unescaped spaces may be cut: behind the last character that counts. */
    let kept = 0;
    while (!this.isAtSeparator()) {
      const char = this.char();
      if (char === '\\') {
        if (!this.escape(parts)) return undefined;
        kept = parts.length;
      } else if (char === '"' || char === '<' || char === '>') return undefined;
      else {
        parts.add(char);
        this.at += char.length;
        if (char !== ' ') kept = parts.length;
      }
    }
    return parts.text(kept);
  }

  /** RFC 2253 4: a value in quotes, in which only quote and backslash need escaping. */
  private quoted(): string | undefined {
    const parts = new Unescaped();
    this.at++;
    for (;;) {
      const char = this.char();
      if (char === '') return undefined;
      if (char === '"') break;
      if (char === '\\') {
        if (!this.escape(parts)) return undefined;
      } else {
        parts.add(char);
        this.at += char.length;
      }
    }
    this.at++;
    this.skipSpaces();
    return this.isAtSeparator() ? parts.text(parts.length) : undefined;
  }

  /** A backslash with a special character or a pair of hex digits behind it. */
  private escape(parts: Unescaped): boolean {
    const char = this.text[this.at + 1];
    if (char === undefined) return false;
    if (' "#+,;<=>\\'.includes(char)) {
      parts.add(char);
      this.at += 2;
      return true;
    }
    const pair = this.text.slice(this.at + 1, this.at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(pair)) return false;
    parts.addOctet(Number.parseInt(pair, 16));
    this.at += 3;
    return true;
  }

  /** `#` and the BER encoding of the value in hex: taken if it is one primitive string. */
  private hexString(): string | undefined {
    const start = this.at + 1;
    while (!this.isAtSeparator() && this.text[this.at] !== ' ') this.at++;
    const digits = this.text.slice(start, this.at);
    this.skipSpaces();
    if (!this.isAtSeparator() || digits.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
    const octets = Buffer.from(digits, 'hex');
    const tag = octets[0];
    // OCTET STRING, UTF8String, PrintableString, TeletexString, IA5String
    if (tag === undefined || ![0x04, 0x0c, 0x13, 0x14, 0x16].includes(tag)) return undefined;
    let content = 2;
    let length = octets[1] ?? -1;
    if (length === 0x81) [length, content] = [octets[2] ?? -1, 3];
    else if (length === 0x82) [length, content] = [(octets[2] ?? 0) * 256 + (octets[3] ?? 0), 4];
    else if (length >= 0x80) return undefined;
    return octets.length === content + length ? decodeUtf8(octets.subarray(content)) : undefined;
  }
}

/** Text and octets in turn; runs of octets are decoded together, because a character may be spread over several pairs. */
class Unescaped {
  private readonly octets: number[] = [];

  get length(): number {
    return this.octets.length;
  }

  addOctet(octet: number): void {
    this.octets.push(octet);
  }

  add(char: string): void {
    const unit = char.charCodeAt(0);
    if (unit < 0x80) this.octets.push(unit);
    else this.octets.push(...Buffer.from(char, 'utf8'));
  }

  text(length: number): string | undefined {
    return decodeUtf8(Buffer.from(this.octets.slice(0, length)));
  }
}

function decodeUtf8(octets: Buffer): string | undefined {
  try {
    return strictUtf8.decode(octets);
  } catch {
    return undefined;
  }
}

/** The string form by RFC 4514 2.4: only what must be escaped is. */
export function formatDN(dn: DN): string {
  return dn.map(formatRDN).join(',');
}

/** An RDN as text, with values escaped (RFC 4514 2.4). */
export function formatRDN(rdn: RDN): string {
  return rdn.map(({ type, value }) => `${type}=${escapeValue(value)}`).join('+');
}

function escapeValue(value: string): string {
  if (!/["+,;<>\\]|^[ #]| $/.test(value)) return value;
  const escaped = value.replace(/["+,;<>\\]/g, '\\$&');
  const front = /^[ #]/.test(escaped) ? `\\${escaped}` : escaped;
  return front.endsWith(' ') && value.length > 1 ? `${front.slice(0, -1)}\\ ` : front;
}

/** Joiners that no value can hold. */
const BETWEEN_RDNS = '\u0001';
const BETWEEN_AVAS = '\u0002';
const BETWEEN_TYPE_AND_VALUE = '\u0003';

/** Equal for exactly those RDNs that match by their types' equality rules (RFC 4514 3, RFC 4517 4.2.15). */
export function rdnKey(rdn: RDN): string {
  const [only] = rdn;
  if (rdn.length === 1 && only !== undefined) return avaKey(only);
  return rdn.map(avaKey).sort().join(BETWEEN_AVAS);
}

function avaKey({ type, value }: AVA): string {
  const known = attributeType(type);
  const name = known === undefined ? type : known.names[0];
  return `${name.toLowerCase()}${BETWEEN_TYPE_AND_VALUE}${valueKey(known?.equality, value)}`;
}

function valueKey(rule: string | undefined, value: string): string {
  const text = value.replace(/[\u0001-\u0003]/g, '');
  switch (rule) {
    case 'caseExactMatch':
      return prepareValue(text, false) ?? `\u0004${text}`;
    case 'caseExactIA5Match':
      return prepareIA5Value(text, false);
    case 'caseIgnoreIA5Match':
      return prepareIA5Value(text, true);
    case 'telephoneNumberMatch':
      return prepareTelephone(text);
    default:
      return prepareValue(text, true) ?? `\u0004${text}`;
  }
}

/** Equal for exactly those names that are equal; '' for the root. */
export function dnKey(dn: DN): string {
  return dn.map(rdnKey).join(BETWEEN_RDNS);
}

/** The dnKeys of all superiors of a name but the root, nearest first; each RDN is normalized once. */
export function superiorKeys(dn: DN): string[] {
  const keys: string[] = [];
  let key = '';
  for (let i = dn.length - 1; i > 0; i--) {
    key = dnKeyBelow(dn[i], key);
    keys.push(key);
  }
  return keys.reverse();
}

/** The dnKey of the name with this RDN in front of a name whose dnKey is known; without an RDN that of the root. */
export function dnKeyBelow(rdn: RDN | undefined, superior: string): string {
  if (rdn === undefined) return '';
  return superior === '' ? rdnKey(rdn) : `${rdnKey(rdn)}${BETWEEN_RDNS}${superior}`;
}

/** True for the dnKey of a name that is anywhere below the one with the other key; the root's is ''. */
export function isKeyBelow(key: string, above: string): boolean {
  return above === '' ? key !== '' : key.endsWith(`${BETWEEN_RDNS}${above}`);
}

/** The same for a name that is directly below it. */
export function isKeyDirectlyBelow(key: string, above: string): boolean {
  if (key === '') return false;
  const at = key.indexOf(BETWEEN_RDNS);
  return at < 0 ? above === '' : at + 1 + above.length === key.length && key.endsWith(above);
}

/** The superior's name; of the root the root itself. */
export function parentDN(dn: DN): DN {
  return dn.slice(1);
}

/** True if `dn` is `base` or below it. */
export function isBelowOrEqual(dn: DN, base: DN): boolean {
  return dn.length >= base.length && dnKey(dn.slice(dn.length - base.length)) === dnKey(base);
}

/** The key of a name as it is written. For a text that is not a DN, the key of the empty name, which no entry has. */
export function keyOfName(text: string): string {
  const dn = parseDN(text);
  return dn === undefined ? '' : dnKey(dn);
}
