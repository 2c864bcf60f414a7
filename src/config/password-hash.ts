// Hashes of service accounts' passwords: scrypt in the PHC string form, with bounded parameters.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

interface Cost {
  /** log2 of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const COST: Cost = { ln: 15, r: 8, p: 1 };
const SALT = 16;
const LENGTH = 32;
const FORM =
  /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{8,64})\$([A-Za-z0-9+/]{22,128})$/;

function derive(password: Buffer, salt: Buffer, length: number, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** scrypt begins with an HMAC, which takes a key and the same key with NULs behind it for one (RFC 2104 2; R7). */
function endsWithNul(password: Buffer): boolean {
  return password.at(-1) === 0;
}

/** `$scrypt$ln=15,r=8,p=1$salt$hash`, base64 without padding. Throws an Error for a password that ends with NUL. */
export async function hashPassword(password: Buffer): Promise<string> {
  if (endsWithNul(password)) throw new Error('a password that ends with a NUL cannot be hashed');
  const salt = randomBytes(SALT);
  const hash = await derive(password, salt, LENGTH, COST);
  return format(COST, salt, hash);
}

function format({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  const plain = (octets: Buffer) => octets.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${plain(salt)}$${plain(hash)}`;
}

function parse(stored: string): (Cost & { salt: Buffer; hash: Buffer }) | undefined {
  const match = FORM.exec(stored);
  if (match === null) return undefined;
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  if (ln < 10 || ln > 17 || r < 1 || r > 16 || p < 1 || p > 4) return undefined;
  return { ln, r, p, salt: Buffer.from(match[4]!, 'base64'), hash: Buffer.from(match[5]!, 'base64') };
}

/** True for a string that `verifyHash` can use. */
export function isPasswordHash(stored: string): boolean {
  return parse(stored) !== undefined;
}

/** A hash that no password fits and that costs as much as the costliest of these; undefined if there is none. */
export function decoyHash(hashes: readonly string[]): string | undefined {
  let costliest: (Cost & { salt: Buffer; hash: Buffer }) | undefined;
  const work = ({ ln, r, p }: Cost) => 2 ** ln * r * p;
  for (const parsed of hashes.map(parse))
    if (parsed !== undefined && work(parsed) > (costliest === undefined ? 0 : work(costliest))) costliest = parsed;
  if (costliest === undefined) return undefined;
  return format(costliest, randomBytes(costliest.salt.length), randomBytes(costliest.hash.length));
}

/** Off the event loop, compared in constant time. False for a string that is not a hash. */
export async function verifyHash(stored: string, password: Buffer): Promise<boolean> {
  const parsed = parse(stored);
  if (parsed === undefined || endsWithNul(password)) return false;
  return timingSafeEqual(await derive(password, parsed.salt, parsed.hash.length, parsed), parsed.hash);
}
