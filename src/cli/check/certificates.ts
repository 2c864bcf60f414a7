// Certificates in the check: whose they are, how long they are valid, and how to fix one that is not accepted.
import { PIN_MISMATCH } from '../../upstream/upstream-tls.js';
import { type Finding, failed, ok, warning } from './report.js';

/** Days before its end from which on a certificate is worth a warning. */
export const SOON = 14;
const DAY = 86_400_000;

export interface CertificateFacts {
  readonly name: string;
  /** The authorities of its chain, nearest first, in words. */
  readonly issuer: string;
  /** The last of them. */
  readonly authority: string;
  /** As the certificate has them: `DNS:…, IP Address:…`. */
  readonly names: string;
  readonly from: Date;
  readonly to: Date;
}

const day = (date: Date) => date.toISOString().slice(0, 10);

/** In one line. */
export function certificateText({ name, issuer, to }: CertificateFacts, now: Date): string {
  return `certificate of ${name} by ${issuer}, valid for ${Math.floor((to.getTime() - now.getTime()) / DAY)} more days`;
}

/** By its dates alone; the finding's text begins with `detail`. */
export function judgeDates(facts: CertificateFacts, now: Date, detail: string, renew: string): Finding {
  const { from, to } = facts;
  if (from > now)
    return failed(
      `${detail}: not valid before ${day(from)}, and here it is ${day(now)}`,
      'Set the clock of this machine.',
    );
  if (to <= now) return failed(`${detail}: it ended on ${day(to)}, and here it is ${day(now)}`, renew);
  const text = `${detail}, ${certificateText(facts, now)}`;
  return to.getTime() - now.getTime() < SOON * DAY ? warning(text, renew) : ok(text);
}

/** What to do about a certificate that was not accepted, by OpenSSL's or Node's code. `facts`: of the certificate, if it could be seen. */
export function tlsRemedy(
  code: string,
  facts: CertificateFacts | undefined,
  caFile: string | undefined,
  now: Date,
): string {
  switch (code) {
    case 'CERT_NOT_YET_VALID':
      return `Set the clock of this machine: here it is ${now.toISOString()}.`;
    case 'CERT_HAS_EXPIRED':
      return `If the clock of this machine is right (${now.toISOString()}), the upstream has to renew its certificate.`;
    case PIN_MISMATCH:
      return 'If the upstream has a new key, and you have confirmed it over another channel, add it to upstream.tls.pin. Otherwise somebody may be intercepting this connection.';
    case 'ERR_TLS_STARTTLS_REFUSED':
      return 'The upstream, or something in between, refuses StartTLS; no password was sent. Use ldaps:// on port 636 in upstream.urls, or ask your network administrator.';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `Write into upstream.urls a name that is in the certificate${facts === undefined ? '' : ` (${facts.names})`}.`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE': {
      const issuer = facts === undefined ? 'the authority' : facts.authority;
      return caFile === undefined
        ? `This machine does not know ${issuer}. JumpCloud's certificate is publicly trusted: a firewall may open TLS. If you trust that authority, name its certificate in upstream.caFile.`
        : `${caFile} is not the certificate of ${issuer}. Name the right one in upstream.caFile, or leave it out for JumpCloud.`;
    }
    default:
      return 'Check upstream.urls: does this port speak TLS (636 does; 389 by StartTLS, see upstream.startTLS)? Check upstream.connectTime on a slow line, and the clock.';
  }
}
