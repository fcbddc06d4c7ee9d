import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { tags } from './api/api-documents.ts'
import { zodRoutes } from './api/zod-routes.ts'

const healthSchema = z.object({
  status: z.literal('ok'),
  eventLoopDelayMs: z.number().describe('99th percentile since the last question.'),
})

const readinessSchema = z.object({
  status: z.enum(['ready', 'not ready']),
  workers: z.object({ up: z.int(), wanted: z.int() }).describe('Workers that are up, of how many.'),
  draining: z.boolean().describe('The gateway is shutting down.'),
})

export type Readiness = Omit<z.infer<typeof readinessSchema>, 'status'>

/**
 * `/healthz`: the event loop is alive, or no answer would come; restart the gateway when it is not.
 * `/readyz`: it can take publishers; 503 with the reason when it can't.
 */
export function registerHealth(server: FastifyInstance, readiness: () => Readiness): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  server.addHook('onClose', async () => void delay.disable())
  server.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      '/healthz',
      {
        schema: {
          tags: [tags.operations],
          summary: 'Whether the process is alive',
          response: { 200: healthSchema },
        },
      },
      async () => {
        const eventLoopDelayMs = Math.round(delay.percentile(99) / 1e5) / 10
        delay.reset()
        return { status: 'ok' as const, eventLoopDelayMs }
      },
    )
    routes.get(
      '/readyz',
      {
        schema: {
          tags: [tags.operations],
          summary: 'Whether publishers can come: 503 while no worker is up, and while it shuts down',
          response: { 200: readinessSchema, 503: readinessSchema },
        },
      },
      async (_request, reply) => {
        const { workers, draining } = readiness()
        const ready = workers.up > 0 && !draining
        reply.status(ready ? 200 : 503)
        return { status: ready ? ('ready' as const) : ('not ready' as const), workers, draining }
      },
    )
  })
}
