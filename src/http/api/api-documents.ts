import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** Groups of routes in the documents. A route that has none of them in its schema is not documented. */
export const tags = { streams: 'Streams', targets: 'Targets', operations: 'Operations' } as const

/**
 * OpenAPI of the routes that have a tag, made from their own schemas: `/api/openapi.json`, and for people `/api/docs`.
 * Registered before these routes.
 */
export async function registerApiDocuments(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version: '1',
        description:
          'Answers are JSON. An error is `{ "error": { "code", "message" } }`; programs decide by the code.',
      },
      tags: [
        { name: tags.streams, description: 'What is live, and how it is doing.' },
        { name: tags.targets, description: 'RTMP servers that streams are pushed to.' },
        { name: tags.operations, description: 'For supervisors and load balancers.' },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
    hideUntagged: true,
  })
  await server.register(swaggerUi, {
    routePrefix: '/api/docs',
    // The viewer would send the document's address to a validator on the internet.
    uiConfig: { validatorUrl: null },
    theme: { title: 'API · Sluice' },
  })
  server.get('/api/openapi.json', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(server.swagger()),
  )
}
