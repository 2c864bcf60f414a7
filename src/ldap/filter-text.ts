// The string form of search filters (RFC 4515).
import type { Filter } from './filter.js';
import { MAX_FILTER_COMPONENTS, MAX_FILTER_DEPTH, TOO_DEEP, TOO_MANY_COMPONENTS } from './filter.js';

/** Thrown for a text that is not a filter; `position` counts characters from 0. */
export class FilterSyntaxError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(`${message} at position ${position}`);
    this.name = 'FilterSyntaxError';
  }
}

/** Parses the string form. Throws FilterSyntaxError, also for what is too deep or too large. */
export function parseFilter(text: string): Filter {
  const parser = new Parser(text);
  const filter = parser.filter(1);
  parser.finish();
  return filter;
}

const DESCRIPTION = /^(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*$/;

class Parser {
  private at = 0;
  private components = 0;

  constructor(private readonly text: string) {}

  finish(): void {
    if (this.at < this.text.length) this.fail('nothing may follow the filter');
  }

  filter(depth: number): Filter {
    if (depth > MAX_FILTER_DEPTH) this.fail(TOO_DEEP);
    this.count();
    this.expect('(');
    const operator = this.text[this.at];
    let filter: Filter;
    if (operator === '&' || operator === '|') {
      this.at++;
      const filters: Filter[] = [];
      while (this.text[this.at] === '(') filters.push(this.filter(depth + 1));
      filter = { kind: operator === '&' ? 'and' : 'or', filters };
    } else if (operator === '!') {
      this.at++;
      filter = { kind: 'not', filter: this.filter(depth + 1) };
    } else filter = this.item();
    this.expect(')');
    return filter;
  }

  private item(): Filter {
    const equals = this.text.indexOf('=', this.at);
    if (equals < 0) this.fail('an = is missing');
    const before = this.text[equals - 1] ?? '';
    if (before === ':') return this.extensible(equals - 1);
    if ('~<>'.includes(before) && before !== '') {
      const attribute = this.description(this.at, equals - 1);
      this.at = equals + 1;
      const kind = before === '~' ? 'approxMatch' : before === '<' ? 'lessOrEqual' : 'greaterOrEqual';
      return { kind, attribute, value: this.value() };
    }
    const attribute = this.description(this.at, equals);
    this.at = equals + 1;
    return this.equalityOrSubstrings(attribute);
  }

  /** Parts are counted as on the wire: those that hold octets. */
  private equalityOrSubstrings(attribute: string): Filter {
    const first = this.value();
    if (this.text[this.at] !== '*') return { kind: 'equalityMatch', attribute, value: first };
    if (first.length > 0) this.count();
    const rest: Buffer[] = [];
    while (this.text[this.at] === '*') {
      if (rest.at(-1)?.length === 0) this.fail('an empty part between two *');
      this.at++;
      const part = this.value();
      if (part.length > 0) this.count();
      rest.push(part);
    }
    const last = rest.pop()!;
    if (first.length === 0 && last.length === 0 && rest.length === 0) return { kind: 'present', attribute };
    return {
      kind: 'substrings',
      attribute,
      any: rest,
      ...(first.length === 0 ? {} : { initial: first }),
      ...(last.length === 0 ? {} : { final: last }),
    };
  }

  /** `attr[:dn][:rule]:=value` or `[:dn]:rule:=value`; `colon` is the position of the last colon. */
  private extensible(colon: number): Filter {
    const [attribute = '', ...rest] = this.text.slice(this.at, colon).split(':');
    const dnAttributes = rest[0]?.toLowerCase() === 'dn';
    if (dnAttributes) rest.shift();
    const [matchingRule] = rest;
    if (rest.length > 1 || (attribute === '' && matchingRule === undefined))
      this.fail('an extensible match is malformed');
    for (const name of [attribute, matchingRule ?? 'x']) {
      if (name !== '' && !DESCRIPTION.test(name)) this.fail('a name in an extensible match is malformed');
    }
    if (matchingRule === '') this.fail('a matching rule is missing');
    this.at = colon + 2;
    return {
      kind: 'extensibleMatch',
      ...(matchingRule === undefined ? {} : { matchingRule }),
      ...(attribute === '' ? {} : { attribute }),
      value: this.value(),
      dnAttributes,
    };
  }

  private description(start: number, end: number): string {
    const name = this.text.slice(start, end);
    if (!DESCRIPTION.test(name)) this.fail('an attribute description is malformed');
    return name;
  }

  /** Octets up to the next unescaped `*` or `)`. */
  private value(): Buffer {
    const pieces: Buffer[] = [];
    for (;;) {
      let end = this.at;
      while (end < this.text.length && !'\\*()\0'.includes(this.text[end]!)) end++;
      if (end > this.at) pieces.push(Buffer.from(this.text.slice(this.at, end), 'utf8'));
      this.at = end;
      const char = this.text[end];
      if (char === '(' || char === '\0') this.fail('a character must be escaped');
      if (char !== '\\') return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      const pair = this.text.slice(end + 1, end + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(pair)) this.fail('two hex digits are expected after \\');
      pieces.push(Buffer.from(pair, 'hex'));
      this.at = end + 3;
    }
  }

  private count(): void {
    if (++this.components > MAX_FILTER_COMPONENTS) this.fail(TOO_MANY_COMPONENTS);
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) this.fail(`${char} is expected`);
    this.at++;
  }

  private fail(message: string): never {
    throw new FilterSyntaxError(message, this.at);
  }
}

/** The string form of a filter; octets that are not plain text are escaped. */
export function formatFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
      return `(&${Array.from(filter.filters, formatFilter).join('')})`;
    case 'or':
      return `(|${Array.from(filter.filters, formatFilter).join('')})`;
    case 'not':
      return `(!${formatFilter(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'equalityMatch':
      return `(${filter.attribute}=${escaped(filter.value)})`;
    case 'approxMatch':
      return `(${filter.attribute}~=${escaped(filter.value)})`;
    case 'greaterOrEqual':
      return `(${filter.attribute}>=${escaped(filter.value)})`;
    case 'lessOrEqual':
      return `(${filter.attribute}<=${escaped(filter.value)})`;
    case 'substrings': {
      const parts = [filter.initial ?? Buffer.alloc(0), ...filter.any, filter.final ?? Buffer.alloc(0)];
      return `(${filter.attribute}=${parts.map(escaped).join('*')})`;
    }
    case 'extensibleMatch': {
      const dn = filter.dnAttributes ? ':dn' : '';
      const rule = filter.matchingRule === undefined ? '' : `:${filter.matchingRule}`;
      return `(${filter.attribute ?? ''}${dn}${rule}:=${escaped(filter.value)})`;
    }
  }
}

function escaped(value: Buffer): string {
  const text = value.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(value);
  const source = isText ? text : value.toString('latin1');
  const special = isText ? /[\u0000-\u001f\u007f()*\\]/g : /[^ -'+-[\]-~]/g;
  return source.replace(special, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
