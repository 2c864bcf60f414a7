// What only the embedded JumpCloud needs: packages that an installation does not bring, because a server has no use for them.

/** As npm takes them; package.json has them as optional peers. */
export const DEMO_PACKAGES = ['ldapjs@3.0.7', '@peculiar/x509@2', 'reflect-metadata@0.2'];

/** True for what Node.js throws, in either module system, where it does not find one of them. */
export function isMissingPackage(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return false;
  return DEMO_PACKAGES.some((one) => String(message).includes(`'${one.slice(0, one.lastIndexOf('@'))}'`));
}
