// Lists of addresses and networks.
import { BlockList, isIP } from 'node:net';

/** Of addresses and networks (`10.0.0.5`, `192.168.0.0/16`, `fd00::/8`). Throws the system's error for what is neither. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return list;
}

/** `address` is canonical; a text that is not an address is in no list. */
export function isListed(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
