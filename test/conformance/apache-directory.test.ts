// The Apache Directory API: its strict load of the published schema, and searches whose every attribute has a type by that schema.
import t from 'tap';
import { USERS_DN } from '../../src/demo/tree.js';
import { crowd, READER } from './crowd.js';
import { java, withoutJava } from './java.js';
import { startLargeSite } from './large-site.js';
import { judge, SUITES } from './suites.js';

const PEOPLE = 2000;

t.test('the Apache Directory API loads the schema and knows every attribute', { skip: withoutJava }, async (t) => {
  const site = await startLargeSite(t, crowd(PEOPLE));
  const load = async (port: number) => {
    const args = ['127.0.0.1', String(port), READER.dn, READER.password, USERS_DN, '(objectClass=person)'];
    const { text } = await java('SchemaLoad.java', args);
    return {
      errors: text.split('\n').filter((line) => line.startsWith('error ')),
      types: Number(/^loaded true (\d+)$/m.exec(text)?.[1] ?? 0),
      found: Number(/^found (\d+)$/m.exec(text)?.[1] ?? 0),
      text,
    };
  };
  const ours = await load(site.port);
  t.same(judge(SUITES['apache-directory'].differences, ours.errors), { unlisted: [], outdated: [] });
  t.ok(ours.types > 100, ours.text);
  t.equal(ours.found, PEOPLE);
  // slapd 2.5 publishes rules without their syntaxes, and types without their rules.
  const real = await load(site.upstream.clearPort);
  t.ok(real.errors.length > 0 && real.types === 0, 'a schema with gaps is not loaded');
});
