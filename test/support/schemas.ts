// The published JSON Schemas (docs/schemas), and real output of commands held to them.
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { SchemaName } from '../../docs/schemas.js';

const validators = new Map<SchemaName, ValidateFunction>();

function validatorFor(name: SchemaName): ValidateFunction {
  let known = validators.get(name);
  if (known === undefined) {
    // Strict: a keyword or a format that means nothing is an error in the schema. The configuration's own has unions of plain types.
    const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
    formats.default(ajv);
    known = ajv.compile(JSON.parse(readFileSync(`docs/schemas/${name}.schema.json`, 'utf8')) as object);
    validators.set(name, known);
  }
  return known;
}

/** What the schema has against a value, a line each: `/steps/0/status must be …`. */
export function schemaErrors(name: SchemaName, value: unknown): string[] {
  const validate = validatorFor(name);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath} ${message} ${JSON.stringify(params)}`;
  });
}

/** What a command has printed, parsed. Throws an Error if its schema does not allow it. */
export function printedJson(name: SchemaName, out: string): unknown {
  const value: unknown = JSON.parse(out);
  const errors = schemaErrors(name, value);
  if (errors.length > 0) throw new Error(`${name}.schema.json: ${errors.join('\n')}\n${out}`);
  return value;
}
