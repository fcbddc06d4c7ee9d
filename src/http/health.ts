import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'

export type Readiness = {
  /** Workers that are up, of how many. */
  workers: { up: number; wanted: number }
  /** The gateway is shutting down. */
  draining: boolean
}

/**
 * `/healthz`: the event loop is alive, or no answer comes; restart the gateway when it is not.
 * `/readyz`: it can take publishers; 503 with the reason when it can't.
 */
export function registerHealth(server: FastifyInstance, readiness: () => Readiness): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  server.addHook('onClose', async () => void delay.disable())
  server.get('/healthz', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    const eventLoopDelayMs = Math.round(delay.percentile(99) / 1e5) / 10
    delay.reset()
    return { status: 'ok', eventLoopDelayMs }
  })
  server.get('/readyz', async (_request, reply) => {
    const { workers, draining } = readiness()
    const ready = workers.up > 0 && !draining
    reply.header('cache-control', 'no-store').status(ready ? 200 : 503)
    return { status: ready ? 'ready' : 'not ready', workers, draining }
  })
}
