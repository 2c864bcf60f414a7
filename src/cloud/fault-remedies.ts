// What to do about each fault of JumpCloud's API.
import type { CloudFault } from './ports.js';

export const FAULT_REMEDIES: Readonly<Record<CloudFault, string>> = {
  away: 'Check the network, HTTPS_PROXY and upstream.api.urls; logins work without the API.',
  slow: 'Check the network and HTTPS_PROXY; logins work without the API.',
  busy: 'JumpCloud has asked for a pause: try again later.',
  refused:
    'Check upstream.api: the credential, and its roles (docs/jumpcloud-api.md); orgId, if it sees several organisations.',
  'no-plan': 'Without Directory Insights, Jumpgate cannot distinguish a wrong code from a wrong password.',
  garbled: 'Check that upstream.api.urls are JumpCloud’s, and that no proxy answers in its place.',
  budget: 'Try again in a few minutes.',
  stopped: 'Try again.',
};
