// What to do about each fault of JumpCloud's API.
import type { CloudFault } from './ports.js';

export const FAULT_REMEDIES: Readonly<Record<CloudFault, string>> = {
  away: 'Look at the network, HTTPS_PROXY and upstream.api.urls; logins go on without it.',
  slow: 'Look at the network and HTTPS_PROXY; logins go on without it.',
  busy: 'JumpCloud has asked for a pause: try again later.',
  refused:
    'Check upstream.api: the credential, and its roles (docs/jumpcloud-api.md); orgId, if it sees several organisations.',
  'no-plan': 'Without Directory Insights a wrong code cannot be told from a wrong password.',
  garbled: 'Is upstream.api.urls JumpCloud’s, and nothing in between that answers in its place?',
  budget: 'Try again in a few minutes.',
  stopped: 'Try again.',
};
