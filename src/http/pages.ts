import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import { checkName } from '../streams/registry.ts'

/** Where `vite build` puts the pages. */
const builtPages = join(import.meta.dirname, '../../player/dist')

/**
 * The pages: `/`, `/login`, and `/publish`, `/watch`, `/join` and `/studio` with `/{stream}`, with their assets under
 * `/assets`.
 * @throws GatewayError INTERNAL when they were not built.
 */
export async function registerPages(server: FastifyInstance, directory = builtPages): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    throw new GatewayError('INTERNAL', 'The pages are not built. Start with "npm start", which builds them.')
  }
  await server.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/assets/',
    // Their names hold a hash of their content.
    immutable: true,
    maxAge: '365d',
    index: false,
  })
  server.get('/', async (_request, reply) =>
    reply.sendFile('index.html', directory, { maxAge: 0, immutable: false }),
  )
  for (const page of ['login', 'admin']) {
    server.get(`/${page}`, async (_request, reply) =>
      reply.sendFile(`${page}.html`, directory, { maxAge: 0, immutable: false }),
    )
  }
  for (const page of ['publish', 'watch', 'join', 'studio']) {
    server.get<{ Params: { stream: string } }>(`/${page}/:stream`, async ({ params }, reply) => {
      checkName(params.stream)
      return await reply.sendFile(`${page}.html`, directory, { maxAge: 0, immutable: false })
    })
  }
}
