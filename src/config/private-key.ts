// What is wrong with the files of a certificate and its key, judged by their content.
import { createSecureContext } from 'node:tls';
import type { ConfigFault } from './fault.js';

/** Undefined if the two can be used. `certFile` and `keyFile` are their paths, for the remedies; `section`: whose keys they are. */
export function keyPairFault(
  cert: Buffer,
  key: Buffer,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  section: 'listen.tls' | 'upstream.tls' = 'listen.tls',
): ConfigFault | undefined {
  const [certText, keyText] = [cert.toString('latin1'), key.toString('latin1')];
  const fault = (path: string, value: string, message: string, remedy: string): ConfigFault => {
    return { path: `${section}.${path}`, value, message, remedy };
  };
  if (IS_KEY.test(certText) && !IS_CERTIFICATE.test(certText) && IS_CERTIFICATE.test(keyText))
    return fault('certFile', certFile, 'holds the key', `Swap ${section}.certFile and ${section}.keyFile.`);
  if (!IS_CERTIFICATE.test(certText))
    return fault('certFile', certFile, 'holds no certificate in PEM', `${FORMAT} openssl x509 -inform der -in FILE`);
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(keyText)) {
    const remedy = `Remove it: (umask 077; openssl pkey -in ${keyFile} -out NEW), and use NEW.`;
    return fault('keyFile', keyFile, 'is encrypted with a passphrase', remedy);
  }
  if (/BEGIN OPENSSH PRIVATE KEY/.test(keyText))
    return fault('keyFile', keyFile, 'is a key of OpenSSH', 'Use the key that the certificate was made for, in PEM.');
  if (!IS_KEY.test(keyText))
    return fault('keyFile', keyFile, 'holds no private key in PEM', `${FORMAT} openssl pkey -inform der -in FILE`);
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    const message = `certificate and key cannot be used: ${(error as Error).message}`;
    const remedy = 'Both must be PEM files, and the key must belong to the certificate.';
    return { path: section, message, remedy };
  }
}

const IS_CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;
const IS_KEY = /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/;
const FORMAT = 'PEM begins with -----BEGIN. From PKCS #12: openssl pkcs12 -nodes -in FILE; from DER:';
