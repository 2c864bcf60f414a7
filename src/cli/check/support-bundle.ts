// `check --support-bundle`: everything that helps to find a fault, in one archive, without a secret.
import { writeFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { stringify } from 'yaml';
import type { Config } from '../../config/config.js';
import { printableConfig } from '../../config/printable-config.js';
import { archive } from '../../ops/log/archive.js';
import { version } from '../../version.js';
import { ask } from '../ask.js';
import { FAILED, OK } from '../failure.js';
import type { CliIo } from '../io.js';
import type { CheckStep } from './report.js';

/** What a running instance says about itself: filters come without their values, and none of it contains a password. */
const TOLD = ['readyz', 'operations', 'metrics'] as const;

/** Writes the archive, for its owner only. Names and addresses of users are in it. Exit code: 1 if the file cannot be written. */
export async function writeBundle(
  config: Config | undefined,
  steps: readonly CheckStep[],
  file: string,
  io: CliIo,
): Promise<number> {
  const { node, openssl, v8 } = process.versions;
  const versions = { jumpgate: version, node, openssl, v8, platform: platform(), release: release(), arch: arch() };
  const files = [
    { name: 'versions.json', content: asJson(versions) },
    { name: 'check.json', content: asJson(steps) },
    ...(config === undefined ? [] : await configured(config)),
  ];
  const now = Math.floor(Date.now() / 1000);
  const packed = archive(
    files.map(({ name, content }) => ({ name: `jumpgate-support/${name}`, content })),
    now,
  );
  try {
    writeFileSync(file, packed, { mode: 0o600 });
  } catch (error) {
    io.stderr.write(`jumpgate: --support-bundle ${file}: cannot be written: ${(error as Error).message}\n`);
    return FAILED;
  }
  io.stderr.write(`Written: ${file} (no secrets; user names and addresses are in it: look before you pass it on)\n`);
  return OK;
}

/** The configuration, and what its instance reports. */
async function configured(config: Config): Promise<{ readonly name: string; readonly content: string }[]> {
  const told = await Promise.all(TOLD.map((what) => tell(what, config)));
  return [
    { name: 'configuration.yaml', content: stringify(printableConfig(config)) },
    ...TOLD.map((what, i) => ({ name: what === 'metrics' ? 'metrics.txt' : `${what}.json`, content: told[i]! })),
  ];
}

async function tell(what: string, { ops: { http, token } }: Config): Promise<string> {
  if (http === undefined) return 'ops.http is switched off\n';
  const url = `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}`;
  try {
    return (await ask(`${url}/${what}`, 'GET', { token: token?.reveal() })).body;
  } catch (error) {
    return `no instance answered at ${url}: ${(error as Error).message}\n`;
  }
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
