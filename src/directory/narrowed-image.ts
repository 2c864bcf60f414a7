// A read of fewer gates out of one of more. Pure.
import { textsOf } from '../ldap/attributes.js';
import { keyOfName } from '../ldap/dn.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';

/** What a read for these gates alone, or for everybody, would have brought. `image` has them all. */
export function narrowedImage(
  image: UpstreamImage,
  { gates: names, everyone }: { readonly gates: readonly string[]; readonly everyone: boolean },
): UpstreamImage {
  const gates = new Map([...image.gates].filter(([name]) => names.includes(name)));
  const narrow = { ...image, gates, everyone };
  const isNarrower = image.everyone || gates.size < image.gates.size;
  if (everyone || !isNarrower) return narrow;
  const keys = new Set([...gates.values()].map(({ dn }) => keyOfName(dn)));
  return { ...narrow, users: image.users.filter((user) => isIn(user, keys)) };
}

function isIn(user: UpstreamEntry, keys: ReadonlySet<string>): boolean {
  return textsOf(user, 'memberOf').some((dn) => keys.has(keyOfName(dn)));
}
