// The language of attribute rules: from attribute names to what an app is shown under them. Closed: names, templates and constants, no code. Pure.
//
//   sshPublicKey: sshKey                 an alias: the values of the one under the name of the other, which stays
//   sshKey: false                        not shown. With the line above: renamed
//   displayName: "{givenName} {sn}"      text made of first values; left out where one is missing
//   phone: "{mobile|none}"               or with a default
//   handle: "{uid:lower}"                in lower or upper case
//   company: { value: Fernhollow }       the same for everybody; a list for several values
//   mail: { from: "{cn}@lists.example", for: groups }
//
// A rule reads what the entry has before any rule, so the order of rules does not matter. A name that only a rule makes means what that rule makes.
// Rules apply to people unless they say otherwise; `false` applies to all entries.
import { createHash } from 'node:crypto';
import { normalizerOf } from '../ldap/matching.js';
import { type AttributeType, isPasswordMaterial, type Schema } from '../ldap/schema.js';
import { CASE_IGNORE, type Comparison, DIRECTORY_STRING, holdsNames, SYNTAXES } from '../ldap/syntaxes.js';
import { nearest } from '../runtime/nearest.js';
import type { DerivedAttribute, FaceSchema, Facts } from './face.js';
import { type KnownFace, knownFace } from './faces.js';
import { fillTemplate, isTemplate, parseTemplate, type TemplatePart } from './template.js';

/** As a configuration has them, by the names of attributes. */
export type RuleText =
  | string
  | false
  | { readonly from: string; readonly for?: RuleScope }
  | { readonly value: string | readonly string[]; readonly for?: RuleScope };
export type RuleScope = 'users' | 'groups' | 'all';

export interface AttributeRules {
  readonly derived: readonly DerivedAttribute[];
  /** Not shown: the canonical names. */
  readonly dropped: readonly string[];
  /** The types of names that the schema does not know. */
  readonly schema: FaceSchema;
}

export interface RuleFault {
  /** The name that the rule is for. */
  readonly key: string;
  readonly value: string;
  readonly message: string;
  readonly remedy: string;
}

export const NO_RULES: AttributeRules = { derived: [], dropped: [], schema: { attributeTypes: [], objectClasses: [] } };

const MOST_RULES = 100;
const MOST_CONSTANTS = 32;
/** Attributes that one is made of, by whatever rules in between. */
const MOST_READ = 256;
/** Characters of a constant; bytes of a text that a template makes: a longer one is left out. */
const LONGEST_CONSTANT = 1024;
const LONGEST_VALUE = 4096;
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

/** What identifies entries, and what the groups' classes and this product make: no rule may replace these. */
const MADE_OTHERWISE = ['objectClass', 'uid', 'member', 'uniqueMember', 'memberUid', 'memberOf'];
/** What cannot be hidden. */
const ALWAYS_SHOWN = [
  'objectClass',
  'uid',
  'cn',
  'entryDN',
  'structuralObjectClass',
  'subschemaSubentry',
  'hasSubordinates',
  'numSubordinates',
];

/** What identifies entries of a domain: no rule may hide or replace it. */
const KNOWN_BY = ['cn', 'name', 'samaccountname', 'distinguishedname', 'objectguid', 'objectsid', 'objectcategory'];

const arc = (oid: string) => `1.3.6.1.4.1.1466.115.121.1.${oid}`;
/** Syntaxes whose values are text that may become a part of another. */
const TEXTS: readonly string[] = [
  ...['7', '11', '15', '24', '26', '27', '36', '38', '44', '50'].map(arc),
  '1.3.6.1.1.16.1',
];

const KINDS = { users: ['user'], groups: ['group'], all: ['user', 'group'] } as const;

/** Reads the rules of one app. `face`: whose names are known, and in whose place not all may be made. */
export function readAttributeRules(
  rules: Readonly<Record<string, RuleText>>,
  face: KnownFace = knownFace('jumpcloud'),
): AttributeRules | { readonly faults: readonly RuleFault[] } {
  const reader = new RuleReader(rules, face);
  return reader.read();
}

/** Values, and by which rules they are compared. */
interface Source {
  /** Attributes of the entry that are read for it, counted as often as they are. */
  readonly cost: number;
  readonly comparison: Comparison;
  readonly values: (facts: Facts) => readonly Buffer[];
  /** The attribute whose values they are, where they are all of one's. */
  readonly attribute?: string;
}

class RuleError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

class RuleReader {
  private readonly byName = new Map<string, RuleText>();
  /** What rules make that others read, by their names in lower case. */
  private readonly made = new Map<string, Source>();
  /** Names of rules that are being followed. */
  private readonly under: string[] = [];

  private readonly schema: Schema;

  constructor(
    private readonly rules: Readonly<Record<string, RuleText>>,
    private readonly face: KnownFace,
  ) {
    this.schema = face.schema;
    for (const [name, rule] of Object.entries(rules)) this.byName.set(name.toLowerCase(), rule);
  }

  read(): AttributeRules | { readonly faults: readonly RuleFault[] } {
    const faults: RuleFault[] = [];
    const derived: DerivedAttribute[] = [];
    const dropped: string[] = [];
    const attributeTypes: AttributeType[] = [];
    const seen = new Map<string, string>();
    for (const [name, rule] of Object.entries(this.rules)) {
      try {
        if (seen.size >= MOST_RULES) throw new RuleError(`there are more than ${MOST_RULES} rules`, 'leave some out');
        this.checkName(name, rule, seen);
        if (rule === false) dropped.push(this.schema.canonicalType(name));
        else {
          const { attribute, type } = this.compile(name, rule);
          derived.push(attribute);
          if (this.schema.attributeType(name) === undefined) attributeTypes.push(type);
        }
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        this.under.length = 0;
        faults.push({ key: name, value: shown(rule), message: error.message, remedy: error.remedy });
      }
    }
    return faults.length > 0 ? { faults } : { derived, dropped, schema: { attributeTypes, objectClasses: [] } };
  }

  private checkName(name: string, rule: RuleText, seen: Map<string, string>): void {
    if (!NAME.test(name))
      throw new RuleError(`${name} is not an attribute name`, 'letters, digits and hyphens, a letter first');
    if (isPasswordMaterial(name)) throw new RuleError('passwords are never shown', 'leave this rule out');
    const canonical = this.schema.canonicalType(name);
    const other = seen.get(canonical);
    if (other !== undefined)
      throw new RuleError(`${other} and ${name} are two names of one attribute`, 'leave one of the rules out');
    seen.set(canonical, name);
    const type = this.schema.attributeType(name);
    if (rule === false) {
      if (type === undefined) throw this.unknown(name);
      if (ALWAYS_SHOWN.includes(type.names[0]) || this.isKnownBy(canonical))
        throw new RuleError(`${name} cannot be hidden`, 'leave this rule out');
    } else if (this.isKnownBy(canonical))
      throw new RuleError(`${name} comes from the face ${this.face.name}, and no rule can replace it`, 'leave it out');
    else if (type !== undefined && (type.operational || MADE_OTHERWISE.includes(type.names[0])))
      throw new RuleError(`${name} is fixed, and no rule can replace it`, 'choose another name');
  }

  private isKnownBy(canonical: string): boolean {
    const key = canonical.toLowerCase();
    return KNOWN_BY.includes(key) && this.face.makes.has(key);
  }

  private compile(name: string, rule: Exclude<RuleText, false>): { attribute: DerivedAttribute; type: AttributeType } {
    const known = this.schema.attributeType(name);
    const source = this.sourceOf(name, rule);
    const type = known ?? newType(name, source.comparison);
    const make = fitted(source, type, name);
    const scope = typeof rule === 'object' ? (rule.for ?? 'users') : 'users';
    if (!Object.hasOwn(KINDS, scope)) throw new RuleError(`for: ${scope} is unknown`, 'write users, groups or all');
    if (scope !== 'users' && type.names[0] === 'cn')
      throw new RuleError('groups are known by their cn', 'write for: users, or choose another name');
    const isSame = source.attribute !== undefined && isComparedAlike(source.comparison, type) && !type.singleValue;
    const attribute: DerivedAttribute = {
      name,
      kinds: KINDS[scope],
      make,
      ...(source.attribute === undefined || type.singleValue ? {} : copyOf(source, source.attribute, type)),
      ...(isSame && source.attribute !== undefined ? throughOf(source.attribute) : {}),
    };
    return { attribute, type };
  }

  private sourceOf(name: string, rule: Exclude<RuleText, false>): Source {
    if (typeof rule === 'string') return this.fromText(name, rule);
    if ('value' in rule) return constant(rule.value, this.schema.attributeType(name));
    return this.fromText(name, rule.from);
  }

  private fromText(name: string, text: string): Source {
    this.under.push(name.toLowerCase());
    const source = isTemplate(text) ? this.template(text) : this.attribute(text.trim());
    this.under.pop();
    return source;
  }

  /** An attribute of the entry, or what a rule makes under a name that is not one. */
  private attribute(name: string): Source {
    if (isPasswordMaterial(name)) throw new RuleError('passwords are never shown', 'leave this rule out');
    const type = this.schema.attributeType(name);
    if (type !== undefined) {
      const attribute = this.schema.canonicalType(name);
      if (this.face.alone.has(attribute.toLowerCase()))
        throw new RuleError(
          `${name} comes from the face ${this.face.name}, and rules can only read JumpCloud’s attributes`,
          'name one of those, such as uid or entryUUID',
        );
      return { cost: 1, comparison: type, attribute, values: (facts) => facts.values(attribute) };
    }
    const rule = this.byName.get(name.toLowerCase());
    if (rule === undefined || rule === false) throw this.unknown(name);
    const circle = this.under.indexOf(name.toLowerCase());
    if (circle >= 0)
      throw new RuleError(
        `${[...this.under.slice(circle), name].join(' is made from ')}: that is a cycle`,
        'make one of them from an attribute of the directory',
      );
    const key = name.toLowerCase();
    const source = this.made.get(key) ?? this.sourceOf(name, rule);
    this.made.set(key, source);
    return source;
  }

  private template(text: string): Source {
    const template = parseTemplate(text);
    if (template.kind === 'fault') throw new RuleError(template.message, template.remedy);
    const sources = new Map<TemplatePart, Source>();
    for (const part of template.parts) {
      if (typeof part === 'string') continue;
      const source = this.attribute(part.attribute);
      checkText(part.attribute, source.comparison);
      sources.set(part, source);
    }
    if (sources.size === 0) throw new RuleError('the template names no attribute', 'write { value: … } for a constant');
    const cost = [...sources.values()].reduce((sum, source) => sum + source.cost, 0);
    if (cost > MOST_READ)
      throw new RuleError(`it is made from ${cost} attributes, directly and indirectly`, `use at most ${MOST_READ}`);
    const { parts } = template;
    const values = (facts: Facts) => {
      const filled = fillTemplate(parts, (part) => sources.get(part)?.values(facts)[0]?.toString('utf8'));
      const value = Buffer.from(filled ?? '', 'utf8');
      return value.length === 0 || value.length > LONGEST_VALUE ? [] : [value];
    };
    return { cost, comparison: CASE_IGNORE, values };
  }

  private unknown(name: string): RuleError {
    const names = [...this.schema.attributeTypes.flatMap((type) => type.names), ...Object.keys(this.rules)];
    const near = nearest(name, names);
    const remedy = near === undefined ? 'name an attribute of the directory' : `did you mean ${near}?`;
    return new RuleError(`there is no attribute ${name === '' ? 'without a name' : name}`, remedy);
  }
}

function throughOf(attribute: string): Pick<DerivedAttribute, 'through'> {
  return { through: (key) => ({ attribute, key }) };
}

function copyOf({ comparison }: Source, attribute: string, type: AttributeType): Pick<DerivedAttribute, 'copies'> {
  return { copies: { attribute, isAlike: isComparedAlike(comparison, type), isFit: fitOf(comparison, type) } };
}

/** Whether a value is one of the type, where not all of the other kind are. */
function fitOf({ syntax }: Comparison, type: AttributeType): ((value: Buffer) => boolean) | undefined {
  const isSame = syntax === type.syntax;
  return isSame || type.syntax === DIRECTORY_STRING ? undefined : (value) => fits(value, type);
}

function shown(rule: RuleText): string {
  const text = typeof rule === 'string' ? rule : JSON.stringify(rule);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function constant(value: string | readonly string[], type: AttributeType | undefined): Source {
  const all = typeof value === 'string' ? [value] : value;
  if (all.length === 0 || all.length > MOST_CONSTANTS)
    throw new RuleError('a constant has 1 to 32 values', 'write { value: text }');
  if (all.some((text) => text === '' || text.length > LONGEST_CONSTANT))
    throw new RuleError(`a value is empty, or longer than ${LONGEST_CONSTANT} characters`, 'change it');
  if (type?.singleValue === true && all.length > 1)
    throw new RuleError(`${type.names[0]} is single-valued`, 'write one value');
  const values = [...new Set(all)].map((text) => Buffer.from(text, 'utf8'));
  const misfit = values.find((octets) => type !== undefined && !fits(octets, type));
  if (misfit !== undefined && type !== undefined && !holdsNames(type.syntax))
    throw new RuleError(`${misfit} does not fit ${type.names[0]} (${syntaxName(type)})`, 'change the value');
  return { cost: 1, comparison: CASE_IGNORE, values: () => values };
}

/** How the values become some of this type; a fault if they never can. */
function fitted({ comparison, values }: Source, type: AttributeType, name: string): DerivedAttribute['make'] {
  const isSame = comparison.syntax === type.syntax;
  if (!isSame && holdsNames(comparison.syntax) !== holdsNames(type.syntax))
    throw new RuleError(
      holdsNames(type.syntax)
        ? `${name} holds names of entries (DN), and this is text`
        : `a name of an entry (DN) must stay one: ${name} is ${syntaxName(type)}`,
      holdsNames(type.syntax)
        ? 'use an attribute that holds names, such as manager'
        : 'choose a new name, or one that holds names',
    );
  if (!isSame && !(TEXTS.includes(comparison.syntax) && TEXTS.includes(type.syntax)))
    throw new RuleError(
      `${name} is ${syntaxName(type)}, and this is ${syntaxName(comparison)}`,
      'choose a new name, or an attribute of the same kind',
    );
  const isFit = fitOf(comparison, type);
  const { singleValue } = type;
  if (isFit === undefined && !singleValue) return values;
  return (facts) => {
    const all = values(facts);
    const fit = isFit === undefined ? all : all.filter(isFit);
    return singleValue ? fit.slice(0, 1) : fit;
  };
}

/** True if a value is one of the type, as far as its equality rule says. */
function fits(value: Buffer, type: AttributeType): boolean {
  return type.equality === undefined || normalizerOf(type)(value) !== undefined;
}

function isComparedAlike(one: Comparison, type: AttributeType): boolean {
  return one.equality === type.equality && one.syntax === type.syntax;
}

function checkText(name: string, { syntax }: Comparison): void {
  if (holdsNames(syntax))
    throw new RuleError(
      `${name} holds names of entries (DN), which cannot be part of a text`,
      'write an alias of it instead',
    );
  if (!TEXTS.includes(syntax))
    throw new RuleError(`${name} is not text (${SYNTAXES.get(syntax) ?? syntax})`, 'write an alias of it instead');
}

function syntaxName({ syntax }: Comparison): string {
  return SYNTAXES.get(syntax) ?? syntax;
}

/** A type for a new name: compared as its values were before. */
function newType(name: string, { syntax, equality, ordering, substr }: Comparison): AttributeType {
  return {
    oid: newOid(name),
    names: [name],
    syntax,
    ...(equality === undefined ? {} : { equality }),
    ...(ordering === undefined ? {} : { ordering }),
    ...(substr === undefined ? {} : { substr }),
    singleValue: false,
    usage: 'userApplications',
    noUserModification: false,
    operational: false,
  };
}

/** Below a UUID's arc (X.667), the same for the same name; no arc is above 2^31. */
function newOid(name: string): string {
  const hash = createHash('sha256').update(name.toLowerCase()).digest();
  return `2.25.1306118234.98.${hash.readUInt32BE(0) >>> 1}.${hash.readUInt32BE(4) >>> 1}`;
}
