import { networkInterfaces } from 'node:os'

/** All addresses of this machine's network interfaces at this moment. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((faces) => faces?.map(({ address }) => address) ?? [])
}

/** IPv4 in IPv6 (RFC 4291 section 2.5.5.2) as IPv4. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
