import ipaddr from 'ipaddr.js'
import { isListed, type NetworkList } from '../../config/network-list.ts'
import { withoutMapping } from './own-addresses.ts'

/** Where pushes may go. */
export type AddressRules = {
  /** Private networks and this machine, too. */
  allowPrivate: boolean
  allow: NetworkList
  /** Wins over everything else. */
  deny: NetworkList
  /** Addresses of this machine, public ones included: what listens there may trust it. */
  own: () => readonly string[]
}

/**
 * Whether a push may connect to an address that its host was found at. An API user must not reach what only the
 * gateway can reach: its own machine, its network, a cloud's metadata service.
 * @param trusted the operator wrote the target into the configuration, and reaches all that anyway.
 * @returns null when it may, else why not, as a sentence.
 */
export function whyBlocked(
  rules: AddressRules,
  host: string,
  address: string,
  trusted: boolean,
): string | null {
  if (isListed(rules.deny, host, address))
    return 'The gateway does not push to this address: SLUICE_RESTREAM_DENY.'
  if (trusted || rules.allowPrivate || isListed(rules.allow, host, address)) return null
  if (rules.own().map(withoutMapping).includes(withoutMapping(address))) {
    return "The address is the gateway's own. The operator can allow it: SLUICE_RESTREAM_ALLOW."
  }
  // Everything but the public Internet has a range of its own: also addresses of IPv6 that lead to IPv4 ones.
  if (ipaddr.process(address).range() === 'unicast') return null
  return 'The address is in a private network. The operator can allow it: SLUICE_RESTREAM_ALLOW.'
}
