// What CI installs: every program that a test is skipped without. A test that is skipped there fails the run, and only there.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const text = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
/** Package and file, as .ci/run has them. */
const installed = [...text('.ci/run').matchAll(/^([a-z0-9.+-]+) (\/\S+)$/gm)].map(([, name, file]) => ({ name, file }));
/** Programs that come with another one of their package, or with every Debian. */
const COMPANIONS: Readonly<Record<string, string>> = {
  '/usr/bin/doveadm': '/usr/sbin/dovecot',
  '/usr/bin/escript': '/usr/bin/erl',
  '/usr/bin/ldapwhoami': '/usr/bin/ldapsearch',
  '/usr/sbin/apache2': '/usr/lib/apache2/modules/mod_authnz_ldap.so',
  '/usr/sbin/slapadd': '/usr/sbin/slapd',
  '/usr/sbin/slapdn': '/usr/sbin/slapd',
};
const BASE = ['/usr/bin/env', '/usr/bin/nsenter', '/usr/bin/python3'];

t.test('each program that tests run is installed by .ci/run', async (t) => {
  const folders = ['scenarios', 'conformance', 'deploy', 'support', 'server'];
  const sources = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, import.meta.url))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => text(`test/${folder}/${name}`)),
  );
  const programs = new Set(sources.flatMap((source) => source.match(/(?<=')\/usr\/s?bin\/[\w.-]+(?=')/g) ?? []));
  t.ok(programs.size > 10, [...programs].join(' '));
  for (const program of programs) {
    if (BASE.includes(program)) continue;
    const file = COMPANIONS[program] ?? program;
    t.ok(
      installed.some((one) => one.file === file),
      program,
    );
  }
  for (const name of ['openssl', 'libsasl2-modules', 'erlang-eldap', 'default-jdk-headless', 'maven'])
    t.ok(
      installed.some((one) => one.name === name),
      name,
    );
  t.match(text('.ci/run'), /command -v go >\/dev\/null \|\| need\+=\(golang-go\)/);
});
