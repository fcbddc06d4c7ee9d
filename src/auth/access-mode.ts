import { BlockList, isIP } from 'node:net'
import type { AccessConfig } from '../config/sections/access-config.ts'
import type { HttpConfig } from '../config/sections/http-config.ts'
import type { AccessMode } from './authorize.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/**
 * The mode that the settings ask for. `auto` is open only for this machine itself: when the gateway is known by other
 * names, a proxy stands in front of loopback.
 */
export function accessMode({
  access,
  httpHost,
  allowedHosts,
  trustedProxies,
}: Pick<AccessConfig, 'access'> &
  Pick<HttpConfig, 'httpHost' | 'allowedHosts' | 'trustedProxies'>): AccessMode {
  if (access !== 'auto') return access
  return isLoopback(httpHost) && allowedHosts.length + trustedProxies.length === 0 ? 'open' : 'required'
}

function isLoopback(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
