import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { PublishQuestion } from '../push/connection/rtmp-publish-check.ts'

/** What nginx-rtmp sends to `on_publish`, of which this is needed. */
const questionSchema = z.object({
  call: z.literal('publish'),
  app: z.string(),
  name: z.string(),
  addr: z.string(),
})

/**
 * `POST /internal/rtmp/on_publish`: nginx-rtmp asks whether it may take a stream. 204 for what the gateway pushes at
 * this moment. Every other question gets the answer for addresses that do not exist.
 */
export function registerRtmpCallback(
  server: FastifyInstance,
  allows: (question: PublishQuestion) => Promise<boolean>,
): void {
  // In a scope of its own: forms are what browsers can send from any page, so no other route takes them.
  server.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
    )
    scope.post('/internal/rtmp/on_publish', async (request, reply) => {
      const { success, data } = questionSchema.safeParse(request.body)
      // Not `request.ip`, which a header decides behind a proxy. What a proxy passed on, no RTMP server asks.
      const askedFrom = isForwarded(request) ? undefined : request.socket.remoteAddress
      const allowed =
        success &&
        askedFrom !== undefined &&
        (await allows({ app: data.app, name: data.name, publisherAddress: data.addr, askedFrom }))
      if (!allowed) throw new GatewayError('NOT_FOUND', 'There is nothing at /internal/rtmp/on_publish.')
      return reply.status(204).header('cache-control', 'no-store').send()
    })
  })
}

function isForwarded({ headers }: FastifyRequest): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
}
