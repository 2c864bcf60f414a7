// Addresses that are listened on, as people write them: `127.0.0.1:1389`, `[::1]:1389`, a port of this machine alone, or false. Loads no package.

/** The most that a port can be. */
const LAST_PORT = 65_535;
const ENDPOINT = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):([0-9]{1,9})$/;

/** What is wrong with a value as people write it; undefined: nothing. */
export function endpointFault(value: unknown): string | undefined {
  if (value === false || value === 'false') return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return 'must be an address with its port, such as 127.0.0.1:1389, or false';
  const port = /^[0-9]+$/.test(text) ? text : ENDPOINT.exec(text)?.[2];
  if (port !== undefined) return Number(port) <= LAST_PORT ? undefined : `is not a port: ports go up to ${LAST_PORT}`;
  const [, address, last] = /^([0-9a-fA-F:]*:[0-9a-fA-F:]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (address !== undefined) return `needs brackets around the IPv6 address: "[${address}]:${last}"`;
  if (/^[a-z]+:\/\//i.test(text)) return 'is a URL: write the address and port alone, such as 127.0.0.1:1389';
  return 'must be an address with its port, such as 127.0.0.1:1389, or false';
}

/** Of a value without a fault; undefined: switched off. */
export function endpointOf(value: string | number | false): { host: string; port: number } | undefined {
  if (value === false || value === 'false') return undefined;
  const text = String(value);
  if (/^[0-9]+$/.test(text)) return { host: '127.0.0.1', port: Number(text) };
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
