// What instances say to each other through the store, sealed: AES-256-GCM (NIST SP 800-38D), with a key of its own for each purpose.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
/** Bytes that a seal adds. */
export const SEAL_OCTETS = NONCE + TAG;

/**
 * Seals and opens bytes with a key derived from the fleet's. `open` returns undefined for anything that was not sealed for this purpose and
 * binding.
 */
export class Seal {
  private readonly key: Buffer;

  /** `fleetKey`: the secret that all instances share, of any length. Seals of one purpose do not open those of another. */
  constructor(fleetKey: Buffer, purpose: string) {
    this.key = Buffer.from(hkdfSync('sha256', fleetKey, '', `jumpgate seal ${purpose}`, 32));
  }

  /** `bound` is not in what is returned; it opens only with the same. */
  seal(octets: Buffer, bound: readonly (string | number)[]): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.key, nonce, { authTagLength: TAG }).setAAD(framed(bound));
    const sealed = cipher.update(octets);
    cipher.final();
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Undefined for what was not sealed with this key, for this purpose and with the same `bound`, or was changed since. */
  open(sealed: Buffer, bound: readonly (string | number)[]): Buffer | undefined {
    if (sealed.length < SEAL_OCTETS) return undefined;
    const decipher = createDecipheriv(CIPHER, this.key, sealed.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(framed(bound)).setAuthTag(sealed.subarray(NONCE, SEAL_OCTETS));
    const octets = decipher.update(sealed.subarray(SEAL_OCTETS));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return octets;
  }
}

/** Different lists give different bytes. */
function framed(bound: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify(bound), 'utf8');
}
