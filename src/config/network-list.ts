import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** Networks and hosts, as the configuration names them: `10.0.0.0/8`, `::1`, `nginx-rtmp`. */
export type NetworkList = readonly string[]

/** A list, or one text with commas, which is easier to write in a variable. */
export function fromCommas(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const entries = value.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

export const networkListSchema = z.preprocess(
  fromCommas,
  z
    .array(
      z.string().max(253).refine(isEntry, 'must be a network such as 10.0.0.0/8, an address or a host name'),
    )
    .max(100),
)

/** Whether a list names a host, or a network that an address is in. IPv4 in IPv6 counts as IPv4. */
export function isListed(list: NetworkList, host: string, address: string): boolean {
  const wanted = ipaddr.process(address)
  return list.some((entry) => {
    if (entry.toLowerCase() === host.toLowerCase()) return true
    const network = parseNetwork(entry)
    return network !== null && network[0].kind() === wanted.kind() && wanted.match(network)
  })
}

function parseNetwork(entry: string): ReturnType<typeof ipaddr.parseCIDR> | null {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  // ipaddr.js also takes 127.1 for an address, as old programs do; an operator does not mean that.
  if (!isIP(entry)) return null
  const address = ipaddr.process(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function isEntry(entry: string): boolean {
  if (parseNetwork(entry)) return true
  // A network with a wrong prefix is no host name; neither is an address with a wrong number.
  return (
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(entry) &&
    !/^[\d.]+$/.test(entry)
  )
}
