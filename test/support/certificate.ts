// A certificate of the product's own, in files as a user has them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../../src/demo/certificate.js';

/** Issues one for localhost into the folder; what `listen.tls` takes. */
export async function ownCertificate(
  authority: Pick<Authority, 'issue'>,
  folder: string,
): Promise<{ certFile: string; keyFile: string }> {
  const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  writeFileSync(files.certFile, certPem);
  writeFileSync(files.keyFile, keyPem, { mode: 0o600 });
  return files;
}
