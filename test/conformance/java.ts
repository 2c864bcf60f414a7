// The suites in Java: fetched by Maven at the versions of java/pom.xml, and held to the digests of java/jars.sha256.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, type Ended, need, type RunOptions, run, withoutCommands } from './packages.js';

const HERE = fileURLToPath(new URL('./java/', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** False, or why the suites in Java are skipped. */
export const withoutJava = withoutCommands('java', 'javac', 'mvn');

const sha256 = (octets: Buffer) => createHash('sha256').update(octets).digest('hex');

/** What differs between the files of a folder and a list as `sha256sum` writes it: nothing if the folder holds exactly what is listed. */
export function unlike(folder: string, list: string): string[] {
  const listed = new Map(
    list
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const present = existsSync(folder) ? readdirSync(folder) : [];
  return [
    ...[...listed.keys()].filter((name) => !present.includes(name)).map((name) => `${name} is missing`),
    ...present
      .filter((name) => listed.get(name) !== sha256(readFileSync(join(folder, name))))
      .map((name) => `${name} has another digest, or none is listed`),
  ];
}

/** The class path of all suites; fetches what is not in the cache yet. Throws an Error if a digest differs. */
export async function classPath(): Promise<string> {
  const list = readFileSync(join(HERE, 'jars.sha256'), 'utf8');
  const folder = join(cacheFolder('java'), sha256(Buffer.from(list)).slice(0, 16));
  if (unlike(folder, list).length > 0) {
    rmSync(folder, { recursive: true, force: true });
    await need('mvn', [
      ...['-B', '-q', '-C', '-f', join(HERE, 'pom.xml'), `-Dmaven.repo.local=${cacheFolder('maven')}`],
      ...[COPY, `-DoutputDirectory=${folder}`],
    ]);
    const differing = unlike(folder, list);
    if (differing.length > 0) throw new Error(`${folder}: ${differing.join(', ')}`);
  }
  return join(folder, '*');
}

/** Runs a class of the suites, or one of the programs of `java/` by its file name, which is compiled on the way. */
export async function java(main: string, args: readonly string[], options?: RunOptions): Promise<Ended> {
  const program = main.endsWith('.java') ? join(HERE, main) : main;
  return run('java', ['-cp', await classPath(), program, ...args], options);
}

/** A store of trusted certificates, as Java wants it, that holds this authority alone. */
export async function trustStore(folder: string, caFile: string): Promise<string> {
  const file = join(folder, 'trust.p12');
  await need('keytool', [
    ...['-importcert', '-noprompt', '-alias', 'ca', '-file', caFile],
    ...['-keystore', file, '-storetype', 'PKCS12', '-storepass', TRUST_PASSWORD],
  ]);
  return file;
}

export const TRUST_PASSWORD = 'trusted';
