// What everybody may read: the root DSE, which offers on each channel just what works there (R46), and the subschema.
import { makeRootDSE } from '../../directory/root-dse.js';
import type { SearchSpecials } from '../../directory/search.js';
import { makeSubschema } from '../../directory/subschema.js';
import { Oid } from '../../ldap/message.js';
import type { Channel } from '../session.js';
import { SUPPORTED_CONTROLS } from './controls.js';

export interface SpecialsOptions {
  readonly namingContext: string;
  /** StartTLS is offered then. */
  readonly hasCertificate: boolean;
  /** SASL EXTERNAL is offered on ldapi then. */
  readonly hasExternal: boolean;
  readonly version: string;
}

/** Made once for each channel. */
export function specialsByChannel(options: SpecialsOptions): (channel: Channel) => SearchSpecials {
  const subschema = makeSubschema();
  const offered = (channel: Channel): SearchSpecials => {
    const startTLS = options.hasCertificate && channel !== 'tls' ? [Oid.startTLS] : [];
    const plain = channel === 'clear' ? [] : ['PLAIN'];
    const external = channel === 'ldapi' && options.hasExternal ? ['EXTERNAL'] : [];
    const rootDSE = makeRootDSE({
      namingContexts: [options.namingContext],
      supportedExtension: [Oid.cancel, Oid.whoAmI, ...startTLS],
      supportedControl: SUPPORTED_CONTROLS,
      supportedSASLMechanisms: [...plain, ...external],
      vendorVersion: options.version,
    });
    return { rootDSE, subschema };
  };
  const byChannel = { clear: offered('clear'), tls: offered('tls'), ldapi: offered('ldapi') };
  return (channel) => byChannel[channel];
}
