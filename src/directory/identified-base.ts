// Bases by identifier, as Active Directory takes them: <GUID=…> and <SID=…>, in hexadecimal or as text, and <WKGUID=…,DN> for containers that
// every domain has (MS-ADTS 3.1.1.3.1.2.4).
import { guidOctets, sidFromText } from '../layout/activedirectory/identifiers.js';
import { keyOfName } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import type { Steps } from '../runtime/cooperative.js';
import { Candidates } from './candidates.js';
import { compileSteps, evaluate } from './filter-evaluation.js';
import type { View } from './view.js';
import type { RankBudget, Work } from './work.js';

/** The longest that is read: 15 subauthorities of ten digits are shorter. */
const LONGEST = 200;

/**
 * The DN that a base means: for an identifier, the DN of the entry that the view shows, or undefined if there is none. Every other base is
 * returned unchanged, and so is an identifier in a view whose schema does not support identifiers: it is then not a DN.
 */
export function* nameOfBase(view: View, base: string, work: Work, ranks: RankBudget): Steps<string | undefined> {
  if (!base.startsWith('<')) return base;
  const wellKnown = WELL_KNOWN.exec(base);
  if (wellKnown !== null) return nameOfWellKnown(view, wellKnown[1] ?? '', wellKnown[2] ?? '', base);
  if (base.length > LONGEST) return base;
  const filter = filterOf(base);
  if (filter === undefined || view.schema.attributeType(filter.attribute) === undefined) return base;
  const compiled = yield* compileSteps(filter, work, view.schema);
  const candidates = new Candidates(yield* view.planSteps(compiled, work), view, ranks);
  try {
    for (;;) {
      if (work.left <= 0) yield;
      const entry = candidates.next(work);
      if (entry === undefined) return undefined;
      if (entry !== 'again' && (yield* evaluate(compiled, entry, work)) === 1) return entry.dn;
    }
  } finally {
    candidates.release();
  }
}

/** `<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,DC=example,DC=com>`. */
const WELL_KNOWN = /^<WKGUID=([0-9a-f]{32}),([^<>]+)>$/i;

/** By the domain's `wellKnownObjects`, whose values are `B:32:GUID:DN`. */
function nameOfWellKnown(view: View, guid: string, domain: string, base: string): string | undefined {
  if (view.schema.attributeType('wellKnownObjects') === undefined) return base;
  const begin = `B:32:${guid.toUpperCase()}:`;
  const objects = view.find(keyOfName(domain))?.attributes.get('wellknownobjects')?.values ?? [];
  return objects
    .map((value) => value.toString('utf8'))
    .find((text) => text.startsWith(begin))
    ?.slice(begin.length);
}

function filterOf(base: string): (Filter & { kind: 'equalityMatch' }) | undefined {
  const [, kind = '', text = ''] = /^<(GUID|SID)=([^<>]+)>$/i.exec(base) ?? [];
  const isGuid = kind.toUpperCase() === 'GUID';
  const value = (isGuid ? guidOctets(text) : sidFromText(text)) ?? octetsOf(text);
  if (value === undefined) return undefined;
  return { kind: 'equalityMatch', attribute: isGuid ? 'objectGUID' : 'objectSid', value };
}

function octetsOf(hex: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}
