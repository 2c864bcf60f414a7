// Takes from JumpCloud's published Swagger files what the tests validate against: the paths that are used and the definitions that they reach,
// as names, types and bounds without any prose. Usage: tsx test/data/jumpcloud-api/extract.ts FOLDER_OF_THE_PUBLISHED_FILES
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = Record<string, unknown>;

const USED: Readonly<Record<string, readonly string[]>> = {
  v1: ['/search/systemusers', '/systemusers', '/systemusers/{id}', '/organizations', '/organizations/{id}'],
  v2: [
    '/ldapservers',
    '/ldapservers/{id}',
    '/ldapservers/{ldapserver_id}/sambadomains',
    '/ldapservers/{ldapserver_id}/usergroups',
    '/ldapservers/{ldapserver_id}/users',
    '/usergroups',
    '/usergroups/{id}',
    '/usergroups/{group_id}/ldapservers',
    '/usergroups/{group_id}/members',
    '/usergroups/{group_id}/membership',
    '/users/{user_id}/ldapservers',
    '/users/{user_id}/memberof',
    '/authn/policies',
    '/authn/policies/{id}',
  ],
  'directory-insights': ['/events', '/events/count'],
};
/** Calls that change something are none of ours. */
const READS: Readonly<Record<string, readonly string[]>> = {
  v1: ['get', 'post'],
  v2: ['get'],
  'directory-insights': ['post'],
};
const KEYWORDS = new Set(
  'type,format,enum,required,items,allOf,$ref,minimum,maximum,minLength,maxLength,pattern,additionalProperties,x-nullable'.split(
    ',',
  ),
);

/** A schema without prose. Under `properties`, keys are names. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => KEYWORDS.has(key) || key === 'properties');
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (key !== 'properties') return [key, key === 'enum' || key === 'required' ? value : bare(value)];
      return [key, Object.fromEntries(Object.entries(value as Json).map(([name, inner]) => [name, bare(inner)]))];
    }),
  );
}

function parameter(given: Json, all: Json): Json {
  const whole = typeof given.$ref === 'string' ? (all[given.$ref.replace('#/parameters/', '')] as Json) : given;
  const schema = 'schema' in whole ? { schema: bare(whole.schema) } : (bare(whole) as Json);
  return {
    in: whole.in,
    name: whole.name,
    ...schema,
    ...(whole.required === true ? { required: true } : { required: false }),
  };
}

const references = (value: unknown) =>
  [...JSON.stringify(value).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name!);

function extract(published: Json, name: string): Json {
  const paths: Json = {};
  for (const path of USED[name]!) {
    const item = (published.paths as Record<string, Json>)[path]!;
    const shared = (item.parameters ?? []) as Json[];
    paths[path] = Object.fromEntries(
      READS[name]!.filter((method) => method in item).map((method) => {
        const { parameters, responses } = item[method] as { parameters: Json[]; responses: Record<string, Json> };
        const all = [...shared, ...parameters].map((one) => parameter(one, (published.parameters ?? {}) as Json));
        return [method, { parameters: all, response: bare(responses['200']!.schema) }];
      }),
    );
  }
  const definitions: Json = {};
  const waiting = references(paths);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next in definitions) continue;
    definitions[next] = bare((published.definitions as Json)[next]);
    waiting.push(...references(definitions[next]));
  }
  const basePath = String(published.basePath).replace(/\/$/, '');
  return { basePath, paths, definitions: Object.fromEntries(Object.entries(definitions).sort()) };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder has the published files?');
for (const name of Object.keys(USED)) {
  const published = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Json;
  const target = new URL(`${name}.json`, import.meta.url);
  writeFileSync(target, `${JSON.stringify(extract(published, name), undefined, 1)}\n`);
}
