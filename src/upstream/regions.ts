// JumpCloud's regions: each has hosts of its own, and an account lives in one of them.

export interface Region {
  readonly name: string;
  /** Where its administrators log in. */
  readonly console: string;
  readonly host: string;
}

/** In public use is the LDAP host of the first two; that of the third is formed like its console's. */
const REGIONS: readonly Region[] = [
  { name: 'standard (US)', console: 'console.jumpcloud.com', host: 'ldap.jumpcloud.com' },
  { name: 'EU', console: 'console.eu.jumpcloud.com', host: 'ldap.eu.jumpcloud.com' },
  { name: 'India', console: 'console.in.jumpcloud.com', host: 'ldap.in.jumpcloud.com' },
];

/** The region of a host, that of second factors (`ldap-mfa.…`) included; undefined for any other host. */
export function regionOf(host: string): Region | undefined {
  const plain = host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^ldap-mfa\./, 'ldap.');
  return REGIONS.find((region) => region.host === plain);
}

/** What to look at when a host refuses an account that should be there: which console goes with which host. */
export function regionHint(host: string): string | undefined {
  const region = regionOf(host);
  if (region === undefined) return undefined;
  const others = REGIONS.filter((other) => other !== region).map((other) => `${other.host} with ${other.console}`);
  return `An account belongs to one region, and hosts of other regions refuse it (49): ${host} goes with ${region.console}, ${others.join(', ')}.`;
}

/** For a host of JumpCloud's that is none of its LDAP hosts; undefined for any other. */
export function strayHostHint(host: string): string | undefined {
  if (!/(^|\.)jumpcloud\.com\.?$/i.test(host) || regionOf(host) !== undefined) return undefined;
  return `JumpCloud’s LDAP hosts are ${REGIONS.map((region) => region.host).join(', ')} (and ldap-mfa.… in place of ldap.…).`;
}
