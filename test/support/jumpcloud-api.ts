// Checks calls of JumpCloud's API and their answers against what its published specifications say of paths, parameters, fields and types.
import { readFileSync } from 'node:fs';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import formats from 'ajv-formats';

type Json = Record<string, unknown>;

interface Parameter extends Json {
  readonly in: 'query' | 'path' | 'body' | 'header';
  readonly name: string;
  readonly required: boolean;
}

interface Operation {
  readonly parameters: readonly Parameter[];
  readonly response: Json;
}

interface Specification {
  readonly basePath: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Json;
}

interface Route {
  readonly version: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
  readonly body: ValidateFunction | undefined;
  readonly response: ValidateFunction;
}

const objectOrObjects = { anyOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }] };

/** Where the prose or the samples of a specification allow what its own schema does not. */
const CORRECTIONS: Readonly<Record<string, Json>> = {
  // "… an object with a single property, either and or or …"; the samples have a list of expressions.
  search: { filter: objectOrObjects },
  // "… a list of sub-values": the samples have a list, too.
  TermConjunction: objectOrObjects,
};

/** Schemas that are in an `allOf` and must let the others' fields pass. */
const PARTS = new Set(['EventServiceTimeQuery', 'GraphAttributes']);

/** `x-nullable` is not a keyword of JSON Schema; and a field that is not named is one too many, unless the schema says otherwise. */
function strict(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => strict(one));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { 'x-nullable': isNullable, properties, ...rest } = schema as Json;
  const known = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      if (key === 'allOf') return [key, (value as unknown[]).map((one) => strict(one, true))];
      return [key, key === 'enum' || key === 'required' ? value : strict(value)];
    }),
  );
  const fields = Object.entries((properties ?? {}) as Json).map(([name, inner]) => [name, strict(inner)] as const);
  const isClosed = !isPart && (properties !== undefined || 'allOf' in rest) && !('additionalProperties' in rest);
  const { type } = known;
  return {
    ...known,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(fields) }),
    ...(isClosed ? { unevaluatedProperties: false } : {}),
    ...(isNullable === true && typeof type === 'string' ? { type: [type, 'null'] } : {}),
  };
}

function definitionsOf(specification: Specification): Json {
  return Object.fromEntries(
    Object.entries(specification.definitions).map(([name, schema]) => {
      const isPart = PARTS.has(name) || /^GraphAttribute-/.test(name);
      const made = strict(schema, isPart) as Json;
      const correction = CORRECTIONS[name];
      if (correction === undefined) return [name, made];
      if ('anyOf' in correction) return [name, correction];
      return [name, { ...made, properties: { ...(made.properties as Json), ...correction } }];
    }),
  );
}

function routesOf(file: string): Route[] {
  const text = readFileSync(new URL(`../data/jumpcloud-api/${file}.json`, import.meta.url), 'utf8');
  const specification = JSON.parse(text) as Specification;
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  formats.default(ajv, { mode: 'full' });
  ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger });
  const definitions = definitionsOf(specification);
  const compile = (schema: unknown) => ajv.compile({ ...(strict(schema) as Json), definitions });
  return Object.entries(specification.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const body = operation.parameters.find((parameter) => parameter.in === 'body');
      return {
        version: file,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${specification.basePath}${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
        operation,
        body: body === undefined ? undefined : compile(body.schema),
        response: compile(operation.response),
      };
    }),
  );
}

const ROUTES = ['v1', 'v2', 'directory-insights'].flatMap(routesOf);

const routeOf = (method: string, path: string) =>
  ROUTES.find((route) => route.method === method && route.pattern.test(path));

const faultsOf = (validate: ValidateFunction, value: unknown, where: string): string[] =>
  validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${where}${instancePath} ${message} ${JSON.stringify(params)}`,
      );

const V2_FILTER = /^[\w.]+:(eq|ne|gt|ge|lt|le|between|search|in):/;
const V1_FILTER = /^[\w.]+:\$\w+:/;

/** Of one query parameter, by what its schema and its prose say: "Limited to 100", `field:operator:value`, fields in a row. */
function parameterFaults({ version }: Route, parameter: Parameter, value: string): string[] {
  const { name, type } = parameter;
  if (type === 'integer') {
    if (!/^-?\d+$/.test(value)) return [`${name} is not an integer: ${value}`];
    if (typeof parameter.minimum === 'number' && Number(value) < parameter.minimum)
      return [`${name} is too small: ${value}`];
    return name === 'limit' && Number(value) > 100 ? [`limit is above 100: ${value}`] : [];
  }
  if (name === 'filter' && !(version === 'v1' ? V1_FILTER : V2_FILTER).test(value))
    return [`filter has another form: ${value}`];
  const row = version === 'v1' ? /^-?[\w.]+( -?[\w.]+)*$/ : /^-?[\w.]+(,-?[\w.]+)*$/;
  if ((name === 'sort' || name === 'fields') && value !== '' && !row.test(value))
    return [`${name} has another form: ${value}`];
  return [];
}

/** RFC 6749 4.4: what a service account sends for a token. */
function tokenFaults(body: unknown): string[] {
  const form = new URLSearchParams(String(body));
  const right: Json = { grant_type: 'client_credentials', scope: 'api' };
  return Object.entries(right).flatMap(([name, value]) =>
    form.get(name) === value ? [] : [`token: ${name} is not ${String(value)}`],
  );
}

/**
 * What is wrong with a call of JumpCloud's API; empty for nothing. `path` without the host and the query; `body`: parsed JSON, undefined for
 * none, and the form's text for a token.
 */
export function validateRequest(method: string, path: string, query: URLSearchParams, body: unknown): string[] {
  if (method === 'POST' && path === '/oauth2/token') return tokenFaults(body);
  const route = routeOf(method, path);
  if (route === undefined) return [`no call of the specification: ${method} ${path}`];
  const faults: string[] = [];
  for (const [name, value] of query) {
    const parameter = route.operation.parameters.find((one) => one.in === 'query' && one.name === name);
    faults.push(
      ...(parameter === undefined ? [`unknown parameter: ${name}`] : parameterFaults(route, parameter, value)),
    );
  }
  if (route.body === undefined) return body === undefined ? faults : [...faults, 'a body where there is none'];
  return [...faults, ...faultsOf(route.body, body, 'body')];
}

/** What is wrong with a right answer (200) to such a call; empty for nothing. */
export function validateResponse(method: string, path: string, body: unknown): string[] {
  const route = routeOf(method, path);
  if (route === undefined) return [`no call of the specification: ${method} ${path}`];
  return faultsOf(route.response, body, 'answer');
}
