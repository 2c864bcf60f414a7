// Names: never an exception, one key for all spellings, and work that grows with the length only.
import { isDeepStrictEqual } from 'node:util';
import type { AVA, DN } from '../../src/ldap/dn.js';
import type { Target } from './guided.js';
import { instrument, type Trace } from './instrument.js';
import { NAMES } from './seeds.js';
import { LDAP_FILES } from './source-files.js';

type Module = typeof import('../../src/ldap/dn.js');

const LONGEST = 1500;
/** parseDN refuses what is longer; formatting may make it so, by its escapes. */
const LONGEST_NAME = 8192;
/** Branches taken per character at most, and in any case. Most are taken per escaped one; a quadratic step is far above this. */
const STEPS_PER_CHARACTER = 60;
const STEPS = 2000;

export async function dnTarget(): Promise<Target> {
  const { trace, literals, load, remove } = instrument(LDAP_FILES);
  const module = await load<Module>('src/ldap/dn.ts');
  remove();
  return {
    trace,
    seeds: NAMES.map((name) => Buffer.from(name)),
    // Of the schema and the messages, only what can be in a name's syntax: no word of many letters but these.
    words: [
      ...literals.filter(({ length }) => length <= 4),
      ...[
        'uid',
        'cn=',
        '2.5.4.3',
        'telephoneNumber=',
        'oid.',
        '#0403',
        '#1e',
        '\\c3\\a9',
        '\\ ',
        '\u3000',
        'ß',
        'ﬀ',
        'İ',
        '\u00ad',
        '\u0300',
      ].map((word) => Buffer.from(word)),
    ],
    longest: LONGEST,
    check: (input) =>
      checkName(module, trace, input.toString('utf8')) ??
      // Lone surrogates come in no UTF-8.
      checkName(module, trace, input.toString('utf16le')),
  };
}

export function checkName(module: Module, trace: Trace, text: string): string | undefined {
  const { parseDN, parseAny, formatDN, dnKey, dnKeyBelow, parentDN, isBelowOrEqual } = module;
  const before = trace.steps;
  const name = parseDN(text);
  const key = name === undefined ? undefined : dnKey(name);
  const steps = trace.steps - before;
  if (steps > STEPS + STEPS_PER_CHARACTER * text.length) return `${text.length} characters took too many steps`;
  if (text.trim() !== '' && !isDeepStrictEqual(parseAny(text), name)) return 'parseDN and parseAny differ';
  if (name === undefined || key === undefined) return undefined;
  if (name.length === 0) return text === '' && key === '' && formatDN(name) === '' ? undefined : 'the root is special';
  const written = formatDN(name);
  if (written.length > LONGEST_NAME) return undefined;
  const again = parseDN(written);
  if (again === undefined || !isDeepStrictEqual(again, name)) return 'written and read again it is another name';
  if (formatDN(again) !== written) return 'written twice it differs';
  if (key.split('\u0001').length !== name.length) return 'the key does not have the parts that the name has';
  if (dnKeyBelow(name[0], dnKey(parentDN(name))) !== key) return 'the key below the superior is another';
  if (!isBelowOrEqual(name, parentDN(name)) || isBelowOrEqual(parentDN(name), name))
    return 'its superior is not above it';
  for (const [how, spelling] of Object.entries(spellings(name))) {
    if (spelling.length > LONGEST_NAME) continue;
    const spelled = parseDN(spelling);
    if (spelled === undefined) return `${how}: it is not a name`;
    if (dnKey(spelled) !== key) return `${how}: it has another key`;
  }
  return undefined;
}

/** Other texts for the same name (RFC 4514, RFC 2253 4, RFC 4518). */
function spellings(name: DN): Record<string, string> {
  const build = (ava: (ava: AVA) => string, comma = ',', plus = '+', order = <T>(list: readonly T[]) => list) =>
    name.map((rdn) => order(rdn.map(ava)).join(plus)).join(comma);
  const octets = (value: string) => Buffer.from(value).toString('hex').match(/../g) ?? [];
  const escaped = ({ type, value }: AVA) =>
    `${type}=${octets(value)
      .map((pair) => `\\${pair}`)
      .join('')}`;
  return {
    'every byte as a pair': build(escaped),
    'types in capitals, spaces, semicolons': build(
      ({ type, value }) => escaped({ type: type.toUpperCase(), value }),
      ' ; ',
      ' + ',
    ),
    'in quotes': build(({ type, value }) => `${type} = "${value.replace(/["\\]/g, '\\$&')}"`),
    'as BER': build(({ type, value }) => {
      const hex = octets(value);
      const length = [0x82, hex.length >> 8, hex.length & 0xff]
        .map((octet) => octet.toString(16).padStart(2, '0'))
        .join('');
      return `${type}=#04${length}${hex.join('')}`;
    }),
    'parts of an RDN the other way round': build(escaped, ',', '+', (list) => list.toReversed()),
  };
}
