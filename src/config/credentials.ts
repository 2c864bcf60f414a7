// `credential:NAME` in place of the path of a file: a secret that systemd passes (LoadCredential=NAME:FILE in the unit). It loads no package.
import { join, resolve } from 'node:path';

/** As systemd takes names, which are those of files. */
const WRITTEN = /^credential:(?!\.{1,2}$)([A-Za-z0-9_.@-]{1,255})$/;

/** What a file's name is relative to. */
export interface Places {
  /** Undefined: the working folder. */
  readonly folder?: string | undefined;
  /** $CREDENTIALS_DIRECTORY; undefined where systemd passes nothing. */
  readonly credentials?: string | undefined;
}

/** The name in `credential:NAME`; undefined for any other text. */
export function credentialName(written: string): string | undefined {
  return WRITTEN.exec(written)?.[1];
}

/**
 * The file of a credential. Where systemd passes nothing it is the file of that name in the folder of the configuration, so that an
 * administrator's `jumpgate check` reads what the unit reads. Undefined for a path that is not a credential.
 */
export function credentialFile(written: string, { folder = '', credentials }: Places): string | undefined {
  const name = credentialName(written);
  return name === undefined ? undefined : join(credentials ?? resolve(folder), name);
}

/** Where systemd has put what it passes to this process. */
export function credentialsIn({ CREDENTIALS_DIRECTORY = '' }: NodeJS.ProcessEnv): string | undefined {
  return CREDENTIALS_DIRECTORY === '' ? undefined : CREDENTIALS_DIRECTORY;
}
