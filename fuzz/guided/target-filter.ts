// Filters, as text and on the wire: the same filter both ways, the right error only, and the limits hold.
import { isDeepStrictEqual } from 'node:util';
import type { Filter } from '../../src/ldap/filter.js';
import { parseElements, printElement } from '../element.js';
import { mutatedInside } from '../mutate.js';
import type { Random } from '../random.js';
import type { Target } from './guided.js';
import { instrument } from './instrument.js';
import { FILTERS } from './seeds.js';
import { WIRE_FILES } from './source-files.js';

type Module = typeof import('../../src/ldap/filter-text.js') &
  typeof import('../../src/ldap/filter.js') &
  typeof import('../../src/wire/filter.js') &
  typeof import('../../src/wire/ber.js') &
  typeof import('../../src/wire/errors.js');

const LONGEST = 6000;

export async function filterTarget(): Promise<Target> {
  const { trace, literals, load, remove } = instrument(WIRE_FILES);
  const files = ['ldap/filter-text', 'ldap/filter', 'wire/filter', 'wire/ber', 'wire/errors'];
  const parts = await Promise.all(files.map((file) => load<object>(`src/${file}.ts`)));
  remove();
  const module = Object.assign({}, ...parts) as Module;
  const onWire = (text: string) => encoded(module, module.parseFilter(text));
  return {
    trace,
    seeds: [...FILTERS.map((text) => Buffer.from(text)), ...FILTERS.map(onWire)],
    words: [
      ...literals.filter(({ length }) => length <= 4),
      ...['(&', '(|', '(!', '(cn=x)', '=*', ':dn:', ':=', '>=', '<=', '~=', '\\2a', '\\00', '\\ff', '*', ')('].map(
        (word) => Buffer.from(word),
      ),
    ],
    longest: LONGEST,
    mutate: (random, inputs) => mutatedFilter(random, inputs),
    check: (input) => checkText(module, input.toString('utf8')) ?? checkWire(module, input),
  };
}

/** Elements bent by what the codec's fuzzer knows, which wants a message: the filter is its operation. */
function mutatedFilter(random: Random, inputs: readonly Buffer[]): Buffer {
  const input = random.pick(inputs);
  const elements = parseElements(input);
  if (elements === undefined || elements.length === 0) return input;
  const message = printElement({
    tag: 0x30,
    children: [{ tag: 0x02, children: undefined, content: Buffer.of(1) }, ...elements],
    content: Buffer.alloc(0),
  });
  const [envelope] = parseElements(mutatedInside(random, [message])) ?? [];
  const inner = envelope?.children?.slice(1);
  return inner === undefined ? input : Buffer.concat(inner.map(printElement));
}

function encoded({ BerWriter, encodeFilter }: Module, filter: Filter): Buffer {
  const writer = new BerWriter();
  encodeFilter(writer, filter);
  return writer.finish();
}

export function checkText(module: Module, text: string): string | undefined {
  const { parseFilter, formatFilter, FilterSyntaxError, BerReader, decodeFilter } = module;
  let filter: Filter;
  try {
    filter = parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    return error.position >= 0 && error.position <= text.length ? undefined : 'the error is at no position of the text';
  }
  const written = formatFilter(filter);
  if (!isDeepStrictEqual(parseFilter(written), filter)) return 'written and read again it is another filter';
  if (formatFilter(parseFilter(written)) !== written) return 'written twice it differs';
  if (!isSame(decodeFilter(new BerReader(encoded(module, filter))), filter))
    return 'over the wire it is another filter';
  return limits(module, filter);
}

export function checkWire(module: Module, octets: Buffer): string | undefined {
  const { BerReader, decodeFilter, formatFilter, parseFilter, FilterSyntaxError, ProtocolError } = module;
  let filter: Filter;
  const reader = new BerReader(octets);
  try {
    filter = decodeFilter(reader);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  }
  const written = encoded(module, filter);
  if (!isSame(decodeFilter(new BerReader(written)), filter)) return 'written and read again it is another filter';
  const text = formatFilter(filter);
  // A text can say less than the wire: invalid names, and parts without bytes, are refused or read otherwise.
  if (isWritable(filter)) {
    try {
      if (!isSame(parseFilter(text), filter)) return 'its text is another filter';
    } catch (error) {
      if (error instanceof FilterSyntaxError) return `its text is not a filter: ${error.message}`;
      throw error;
    }
  }
  return limits(module, filter);
}

/** Parts that are bytes still are made for that. */
function isSame(one: Filter, other: Filter): boolean {
  return isDeepStrictEqual(withParts(one), withParts(other));
}

function withParts(filter: Filter): Filter {
  if (filter.kind === 'not') return { ...filter, filter: withParts(filter.filter) };
  return 'filters' in filter ? { ...filter, filters: Array.from(filter.filters, withParts) } : filter;
}

function limits({ MAX_FILTER_COMPONENTS, MAX_FILTER_DEPTH }: Module, filter: Filter): string | undefined {
  if (depthOf(filter) > MAX_FILTER_DEPTH) return 'a filter deeper than the limit';
  return componentsOf(filter) > MAX_FILTER_COMPONENTS ? 'a filter of more components than the limit' : undefined;
}

function depthOf(filter: Filter): number {
  if (filter.kind === 'not') return 1 + depthOf(filter.filter);
  return 'filters' in filter ? 1 + Math.max(0, ...Array.from(filter.filters, depthOf)) : 1;
}

function componentsOf(filter: Filter): number {
  if (filter.kind === 'not') return 1 + componentsOf(filter.filter);
  if (filter.kind === 'and' || filter.kind === 'or')
    return [...filter.filters].reduce((sum, part) => sum + componentsOf(part), 1);
  if (filter.kind !== 'substrings') return 1;
  return 1 + filter.any.length + Number(filter.initial !== undefined) + Number(filter.final !== undefined);
}

/** RFC 4512 2.5; `dn` alone cannot be told from the `:dn` of an extensible match. */
const NAME = /^(?!dn$)(?:[a-z][a-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[a-z0-9-]+)*$/i;

function isWritable(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filter.filters].every(isWritable);
    case 'not':
      return isWritable(filter.filter);
    case 'extensibleMatch':
      return [filter.attribute, filter.matchingRule].every((name) => name === undefined || NAME.test(name));
    case 'substrings': {
      const parts = [filter.initial, ...filter.any, filter.final].filter((part) => part !== undefined);
      return NAME.test(filter.attribute) && parts.every(({ length }) => length > 0);
    }
    case 'present':
    case 'equalityMatch':
    case 'approxMatch':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      return NAME.test(filter.attribute);
  }
}
