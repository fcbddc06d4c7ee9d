import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { streamNamePattern } from '../../stream-name.ts'
import { deliveryStates } from '../../webhooks/delivery-store.ts'
import { webhookEventTypes } from '../../webhooks/webhook-event.ts'
import type { CountedWebhook, Webhooks } from '../../webhooks/webhooks.ts'
import { tags } from './api-documents.ts'
import { errorAnswers, noContent } from './error-answers.ts'
import { zodRoutes } from './zod-routes.ts'

/** Longest time for which the old secret signs beside the new one. */
const longestOverlapSeconds = 30 * 24 * 3600

const settingsSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .max(2048)
    .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), 'must not hold a user and a password')
    .describe('Where messages are posted. The address rules of targets hold for it.'),
  label: z
    .string()
    .trim()
    .max(64)
    .regex(/^[^\p{C}]*$/u, 'must be one line')
    .describe('For people.'),
  events: z.array(z.enum(webhookEventTypes)).max(webhookEventTypes.length).describe('Empty: all.'),
  stream: z.string().regex(streamNamePattern, 'must be a stream name').nullable().describe('Null: all.'),
  enabled: z.boolean().describe('A disabled one gets nothing; what waits for it is given up.'),
})
const newWebhookSchema = z.strictObject({
  url: settingsSchema.shape.url,
  label: settingsSchema.shape.label.default(''),
  events: settingsSchema.shape.events.default([]),
  stream: settingsSchema.shape.stream.default(null),
  enabled: settingsSchema.shape.enabled.default(true),
})
// Of fields without defaults: what is not there stays as it is.
const changesSchema = settingsSchema.partial()

const webhookSchema = z
  .object({
    id: z.string(),
    ...settingsSchema.shape,
    disabledReason: z.string().nullable().describe('Why the gateway disabled it; null when it did not.'),
    createdAt: z.iso.datetime(),
    deliveries: z
      .object({ waiting: z.int(), delivered: z.int(), failed: z.int() })
      .describe('Messages of the last 30 days.'),
  })
  .meta({ id: 'Webhook' })
const withSecretSchema = webhookSchema.extend({
  secret: z.string().describe('`whsec_…`, which verifies messages. No later answer holds it.'),
})

const deliverySchema = z
  .object({
    sequence: z.int().describe('Order in which messages happened, in `data.sequence` of the message.'),
    id: z.string().describe('The header `webhook-id`, the same in each attempt.'),
    type: z.string(),
    stream: z.string(),
    at: z.iso.datetime(),
    state: z
      .enum(deliveryStates)
      .describe('failed: there is no further attempt, unless the message is replayed.'),
    attempts: z.int(),
    nextAt: z.iso.datetime().nullable(),
    status: z.int().nullable().describe('HTTP status of the last attempt.'),
    error: z.string().nullable().describe('Of the last attempt, for people.'),
    doneAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Delivery' })

const replaySchema = z.union([
  z.strictObject({ sequence: z.int().min(1) }),
  z.strictObject({ failedSince: z.iso.datetime() }),
])

const path = '/api/webhooks'
const paramsSchema = z.object({ webhook: z.string().describe("The webhook's id.") })
const tag = { tags: [tags.webhooks] }
const bodyErrors = ['BAD_REQUEST', 'FORBIDDEN_ORIGIN', 'TOO_LARGE', 'UNSUPPORTED_TYPE'] as const

/**
 * Who is told what happens on streams: `GET` and `POST /api/webhooks`, `GET`, `PATCH` and `DELETE …/{webhook}`,
 * `POST …/{webhook}/rotate` and `replay`, `GET …/{webhook}/deliveries`.
 */
export function registerWebhooksApi(server: FastifyInstance, webhooks: Webhooks): void {
  server.register(async (scope) => {
    // Text is what a form of any page can send without being asked about it first.
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      path,
      {
        schema: {
          ...tag,
          summary: 'All webhooks',
          response: { 200: z.object({ webhooks: z.array(webhookSchema) }) },
        },
      },
      async () => ({ webhooks: (await webhooks.list()).map(shown) }),
    )
    routes.post(
      path,
      {
        schema: {
          ...tag,
          summary: 'Adds a webhook. Only this answer has its secret',
          body: newWebhookSchema,
          response: {
            201: withSecretSchema,
            ...errorAnswers(...bodyErrors, 'TARGET_BLOCKED', 'TOO_MANY_ENTRIES'),
          },
        },
      },
      async ({ body }, reply) => {
        const { secret, ...webhook } = await webhooks.create(body)
        reply.code(201).header('location', `${path}/${webhook.id}`)
        return { ...shown(webhook), secret }
      },
    )
    routes.get(
      `${path}/:webhook`,
      {
        schema: {
          ...tag,
          summary: 'One webhook',
          params: paramsSchema,
          response: { 200: webhookSchema, ...errorAnswers('NOT_FOUND') },
        },
      },
      async ({ params }) => shown(await webhooks.get(params.webhook)),
    )
    routes.patch(
      `${path}/:webhook`,
      {
        schema: {
          ...tag,
          summary: 'Changes a webhook',
          params: paramsSchema,
          body: changesSchema,
          response: { 200: webhookSchema, ...errorAnswers(...bodyErrors, 'TARGET_BLOCKED', 'NOT_FOUND') },
        },
      },
      async ({ params, body }) => shown(await webhooks.update(params.webhook, given(body))),
    )
    routes.delete(
      `${path}/:webhook`,
      {
        schema: {
          ...tag,
          summary: 'Removes a webhook, with all that waits for it',
          params: paramsSchema,
          response: { ...noContent, ...errorAnswers('FORBIDDEN_ORIGIN', 'NOT_FOUND') },
        },
      },
      async ({ params }, reply) => {
        await webhooks.store.remove(params.webhook)
        return reply.code(204).send(null)
      },
    )
    routes.post(
      `${path}/:webhook/rotate`,
      {
        schema: {
          ...tag,
          summary: 'Makes a new secret; for a while messages are signed with the old one, too',
          params: paramsSchema,
          body: z.strictObject({
            overlapSeconds: z
              .int()
              .min(0)
              .max(longestOverlapSeconds)
              .default(24 * 3600),
          }),
          response: { 200: withSecretSchema, ...errorAnswers(...bodyErrors, 'NOT_FOUND') },
        },
      },
      async ({ params, body }) => {
        const { secret } = await webhooks.store.rotate(params.webhook, body.overlapSeconds)
        return { ...shown(await webhooks.get(params.webhook)), secret }
      },
    )
    routes.get(
      `${path}/:webhook/deliveries`,
      {
        schema: {
          ...tag,
          summary: 'What a webhook was and is to be sent, the newest first',
          params: paramsSchema,
          querystring: z.object({
            limit: z.coerce.number().int().min(1).max(1000).default(100),
            before: z.coerce.number().int().optional().describe('Those older than this sequence.'),
            state: z.enum(deliveryStates).optional(),
          }),
          response: {
            200: z.object({ deliveries: z.array(deliverySchema) }),
            ...errorAnswers('BAD_REQUEST', 'NOT_FOUND'),
          },
        },
      },
      async ({ params, query }) => {
        const { id } = await webhooks.store.get(params.webhook)
        return { deliveries: await webhooks.deliveries.list(id, query) }
      },
    )
    routes.post(
      `${path}/:webhook/replay`,
      {
        schema: {
          ...tag,
          summary: 'Sends one message again, or all that failed since a time',
          params: paramsSchema,
          body: replaySchema,
          response: {
            200: z.object({ replayed: z.int() }),
            ...errorAnswers(...bodyErrors, 'NOT_FOUND', 'WRONG_STATE'),
          },
        },
      },
      async ({ params, body }) => ({ replayed: await webhooks.replay(params.webhook, body) }),
    )
  })
}

/** Without the secrets. */
function shown(webhook: CountedWebhook) {
  const { secrets: _, ...others } = webhook
  return { ...others, events: [...others.events] }
}

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

/** Without the fields that are undefined, which the compiler tells from those that are not there. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
