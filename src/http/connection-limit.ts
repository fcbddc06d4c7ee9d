import type { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { isListed } from '../config/network-list.ts'
import type { HttpConfig } from '../config/sections/http-config.ts'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { clientKey } from '../limit/client-key.ts'
import { CountLimit, shareOf } from '../limit/count-limit.ts'

/**
 * Bounds connections, in all and for each address. One too many is cut without an answer: writing one costs what the
 * limit is there to save. Trusted proxies count only in the total, because they connect for all their clients.
 */
export function limitConnections(
  server: FastifyInstance,
  config: Pick<HttpConfig, 'trustedProxies'> & Pick<LimitsConfig, 'maxConnections' | 'maxAddressShare'>,
): void {
  const { maxConnections: total, maxAddressShare, trustedProxies } = config
  const connections = new CountLimit({ total, each: shareOf(total, maxAddressShare) })
  const listener: Server = server.server
  listener.on('connection', (socket) => {
    const address = socket.remoteAddress
    // Gone already.
    if (address === undefined) return
    const client = isListed(trustedProxies, '', address) ? null : clientKey(address)
    try {
      socket.once(
        'close',
        connections.enter(client, (fullness) => new Error(fullness)),
      )
    } catch {
      socket.destroy()
    }
  })
}
