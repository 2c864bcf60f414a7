// Templates of attribute rules: text with attributes in braces, `{givenName} {sn}`. Pure.

/** Characters of a template, and attributes in it. */
const LONGEST_TEMPLATE = 1024;
const MOST_PARTS = 16;

export interface TemplatePart {
  /** The attribute as it is written. */
  readonly attribute: string;
  readonly letters: 'as-they-are' | 'lower' | 'upper';
  /** Where there is no value; undefined: then the whole text is left out. */
  readonly default: string | undefined;
}

export type Template =
  | { readonly kind: 'template'; readonly parts: readonly (string | TemplatePart)[] }
  | { readonly kind: 'fault'; readonly message: string; readonly remedy: string };

const BRACES = 'write {{ and }} for braces that are text';

/** True for what is a template, and not the name of an attribute. */
export function isTemplate(text: string): boolean {
  return /[{}]/.test(text);
}

/** Reads a template: `{name}`, `{name:lower}`, `{name:upper}`, each with `|default` behind it if it has one; `{{` and `}}` are braces. */
export function parseTemplate(text: string): Template {
  if (text.length > LONGEST_TEMPLATE)
    return fault(`the template has more than ${LONGEST_TEMPLATE} characters`, 'shorten it');
  const parts: (string | TemplatePart)[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char;
      at += 2;
    } else if (char === '}') return fault(`a closing brace at position ${at + 1} has no opening one`, BRACES);
    else if (char === '{') {
      const end = text.indexOf('}', at);
      const inner = text.slice(at + 1, end < 0 ? undefined : end);
      if (end < 0 || inner.includes('{')) return fault(`the brace at position ${at + 1} is not closed`, BRACES);
      const part = parsePart(inner);
      if (part === undefined)
        return fault(`{${inner}} names no attribute`, 'write {attribute}, {attribute:lower} or {attribute|default}');
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(part);
      at = end + 1;
    } else {
      plain += char;
      at++;
    }
  }
  if (plain !== '') parts.push(plain);
  if (parts.length > 2 * MOST_PARTS) return fault(`the template has more than ${MOST_PARTS} attributes`, 'shorten it');
  return { kind: 'template', parts };
}

const PART = /^\s*([A-Za-z0-9][A-Za-z0-9.-]*)(?::(lower|upper))?\s*(?:\|(.*))?$/s;

function parsePart(inner: string): TemplatePart | undefined {
  const match = PART.exec(inner);
  if (match === null) return undefined;
  const [, attribute = '', letters = 'as-they-are', other] = match;
  return { attribute, letters: letters as TemplatePart['letters'], default: other };
}

function fault(message: string, remedy: string): Template {
  return { kind: 'fault', message, remedy };
}

/** The text; undefined where a part without a default has no value. `firstOf` gives the first value of an attribute. */
export function fillTemplate(
  parts: readonly (string | TemplatePart)[],
  firstOf: (part: TemplatePart) => string | undefined,
): string | undefined {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else {
      const value = firstOf(part) ?? part.default;
      if (value === undefined) return undefined;
      text += part.letters === 'lower' ? value.toLowerCase() : part.letters === 'upper' ? value.toUpperCase() : value;
    }
  }
  return text;
}
