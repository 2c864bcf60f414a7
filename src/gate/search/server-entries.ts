// What everybody may read: the root DSE, which offers on each channel just what works there (R46), and the subschema.
import type { SnapshotEntry } from '../../directory/entry.js';
import { makeRootDSE } from '../../directory/root-dse.js';
import type { SearchSpecials } from '../../directory/search.js';
import { makeSubschema } from '../../directory/subschema.js';
import { type Attribute, Oid } from '../../ldap/message.js';
import { type Schema, STANDARD } from '../../ldap/schema.js';
import type { Channel } from '../session.js';
import { SUPPORTED_CONTROLS } from './controls.js';

export interface SpecialsOptions {
  readonly namingContext: string;
  /** Of further apps, where it is not known yet which one a client means. */
  readonly otherContexts?: readonly string[];
  /** Of the app's face. */
  readonly additions?: readonly Attribute[];
  /** StartTLS is offered then. */
  readonly hasCertificate: boolean;
  /** SASL EXTERNAL is offered on ldapi then. */
  readonly hasExternal: boolean;
  readonly version: string;
}

/** The root DSE is made once for each channel, the subschema once for each schema. */
export function specialsByChannel(options: SpecialsOptions): (channel: Channel, schema?: Schema) => SearchSpecials {
  const rootDSE = (channel: Channel): SnapshotEntry => {
    const startTLS = options.hasCertificate && channel !== 'tls' ? [Oid.startTLS] : [];
    const plain = channel === 'clear' ? [] : ['PLAIN'];
    const external = channel === 'ldapi' && options.hasExternal ? ['EXTERNAL'] : [];
    return makeRootDSE({
      namingContexts: [options.namingContext, ...(options.otherContexts ?? [])],
      additions: options.additions ?? [],
      supportedExtension: [Oid.cancel, Oid.whoAmI, ...startTLS],
      supportedControl: SUPPORTED_CONTROLS,
      supportedSASLMechanisms: [...plain, ...external],
      vendorVersion: options.version,
    });
  };
  const roots = { clear: rootDSE('clear'), tls: rootDSE('tls'), ldapi: rootDSE('ldapi') };
  const subschemas = new WeakMap<Schema, SnapshotEntry>();
  return (channel, schema = STANDARD) => {
    let subschema = subschemas.get(schema);
    if (subschema === undefined) {
      subschema = makeSubschema(schema);
      subschemas.set(schema, subschema);
    }
    return { rootDSE: roots[channel], subschema };
  };
}
