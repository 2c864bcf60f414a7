// The root DSE: what this server is and can do (RFC 4512 5.1).
import type { Attribute } from '../ldap/message.js';
import { values } from '../ldap/values.js';
import { makeEntry, type SnapshotEntry } from './entry.js';
import { SUBSCHEMA_DN } from './operational.js';

export interface RootDSEContent {
  readonly namingContexts: readonly string[];
  readonly supportedExtension: readonly string[];
  readonly supportedControl: readonly string[];
  readonly supportedSASLMechanisms: readonly string[];
  readonly vendorVersion: string;
  readonly additions?: readonly Attribute[];
}

/** All operational attributes by `+` (RFC 3673), absolute true and false filters (RFC 4526). */
const FEATURES = ['1.3.6.1.4.1.4203.1.5.1', '1.3.6.1.4.1.4203.1.5.3'];

/** Everything but objectClass is operational: returned for `+` or by name. Lists exactly what works (R46). */
export function makeRootDSE(content: RootDSEContent): SnapshotEntry {
  return makeEntry('rootDSE', '', [
    { type: 'objectClass', values: values('top') },
    { type: 'namingContexts', values: values(...content.namingContexts) },
    { type: 'supportedControl', values: values(...content.supportedControl) },
    { type: 'supportedExtension', values: values(...content.supportedExtension) },
    { type: 'supportedFeatures', values: values(...FEATURES) },
    { type: 'supportedLDAPVersion', values: values('3') },
    { type: 'supportedSASLMechanisms', values: values(...content.supportedSASLMechanisms) },
    { type: 'subschemaSubentry', values: values(SUBSCHEMA_DN) },
    { type: 'vendorName', values: values('Jumpgate') },
    { type: 'vendorVersion', values: values(content.vendorVersion) },
    ...(content.additions ?? []),
  ]);
}
