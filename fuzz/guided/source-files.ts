// The files that the targets instrument: those of wire and ldap, found by looking, so that a new one is among them.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const filesOf = (folder: string) =>
  readdirSync(`${SOURCE}${folder}`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${folder}/${file}`);

export const LDAP_FILES: readonly string[] = filesOf('ldap');
export const WIRE_FILES: readonly string[] = [...filesOf('wire'), ...LDAP_FILES];
export const PROXY_FILES: readonly string[] = ['src/server/proxy-header.ts', 'src/runtime/address.ts'];
