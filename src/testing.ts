/**
 * A stand-in for JumpCloud, for tests of programs that use its LDAP directory, directly or through Jumpgate.
 *
 * @module jumpgate/testing
 */

export type {
  UpstreamApiConfig,
  UpstreamApiUrlsConfig,
  UpstreamConfig,
  UpstreamReaderConfig,
  UpstreamTlsConfig,
} from './library/jumpgate-config.js';
export type {
  AccountState,
  JumpCloudStandIn,
  Received,
  StandInFault,
  StandInOptions,
  StandInPerson,
} from './library/stand-in.js';
export { startStandIn } from './library/start-stand-in.js';
