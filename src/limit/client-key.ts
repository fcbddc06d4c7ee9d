import ipaddr from 'ipaddr.js'

/** Whom a limit counts: an address now, a principal later. Null is counted only in the total. */
export type ClientKey = string | null

/**
 * What stands for one client in limits per address: an IPv4 address, or the /64 of an IPv6 one, because one client has
 * all of that network. Null for this machine: what comes from here is a proxy, for all the clients behind it, or a tool.
 * @param address as Node names it: IPv4 may be written as IPv6.
 */
export function clientKey(address: string): ClientKey {
  const ipv4 = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (!ipv4.includes(':')) return ipv4.startsWith('127.') ? null : ipv4
  if (!ipaddr.IPv6.isValid(address)) return address
  const parsed = ipaddr.IPv6.parse(address)
  if (parsed.range() === 'loopback') return null
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
