import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { z } from 'zod'

/** Groups of routes in the documents. A route that has none of them in its schema is not documented. */
export const tags = {
  streams: 'Streams',
  targets: 'Targets',
  stage: 'Stage',
  webhooks: 'Webhooks',
  operations: 'Operations',
} as const

const transformOptions = { zodToJsonConfig: { override: simplify } }
const withComponents = createJsonSchemaTransformObject(transformOptions)

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
        description: [
          'Answers are JSON. An error is `{ "error": { "code", "message" } }`; programs decide by the code.',
          'Beside the errors that a route lists, any may refuse a host (`UNKNOWN_HOST`), an origin',
          '(`FORBIDDEN_ORIGIN`) or a client that asks too often (`TOO_MANY_REQUESTS`).',
        ].join(' '),
      },
      tags: [
        { name: tags.streams, description: 'What is live, and how it is doing.' },
        { name: tags.targets, description: 'RTMP servers that streams are pushed to.' },
        {
          name: tags.stage,
          description: "A stream's room of people, and the programme that they are mixed into.",
        },
        { name: tags.webhooks, description: 'Who is told what happens on streams.' },
        { name: tags.operations, description: 'For supervisors and load balancers.' },
      ],
    },
    transform: createJsonSchemaTransform(transformOptions),
    transformObject: (document) => withoutUnused(withComponents(document)),
    hideUntagged: true,
  })
  await server.register(swaggerUi, {
    routePrefix: '/api/docs',
    // The viewer would send the document's address to a validator on the internet.
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
    theme: { title: 'API · Sluice' },
  })
  server.get('/api/openapi.json', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(server.swagger()),
  )
}

/** Drops what JSON Schema needs no words for: the pattern of a date-time, the largest integer of JavaScript. */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
}

type Document = ReturnType<typeof withComponents>

/** The library makes a component for requests and one for answers of each schema that has an id. */
function withoutUnused(document: Document): Document {
  const schemas = Object.entries(('components' in document && document.components?.schemas) || {})
  const used = new Set<string>()
  const collect = (part: unknown): void => {
    for (const [name, schema] of schemas) {
      if (used.has(name) || !JSON.stringify(part).includes(`"#/components/schemas/${name}"`)) continue
      used.add(name)
      collect(schema)
    }
  }
  collect(document.paths)
  const kept = Object.fromEntries(schemas.filter(([name]) => used.has(name)))
  return Object.assign(document, { components: { schemas: kept } })
}
