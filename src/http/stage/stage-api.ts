import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { Stage } from '../../stage/stage.ts'
import { bannerSchema } from '../../stage/stage-protocol.ts'
import { layoutSchema, personSchema, stageSnapshotSchema } from '../../stage/stage-snapshot.ts'
import type { Stages } from '../../stage/stages.ts'
import { checkName } from '../../streams/registry.ts'
import { tags } from '../api/api-documents.ts'
import { errorAnswers, noContent } from '../api/error-answers.ts'
import { streamParamsSchema } from '../api/stream-params.ts'
import { zodRoutes } from '../api/zod-routes.ts'

const path = '/api/streams/:stream/stage'
const tag = { tags: [tags.stage], params: streamParamsSchema }
const personParams = streamParamsSchema.extend({ person: z.string().describe("The person's id.") })
const readErrors = ['BAD_STREAM_NAME', 'STAGE_NOT_FOUND'] as const
const changeErrors = [...readErrors, 'BAD_REQUEST', 'FORBIDDEN_ORIGIN', 'TOO_LARGE'] as const

const settingsSchema = z
  .strictObject({
    locked: z.boolean(),
    password: z.string().min(1).max(128).nullable().describe('null: the room asks for none.'),
    banner: bannerSchema,
  })
  .partial()
const directionSchema = z.strictObject({
  layout: layoutSchema,
  people: z
    .record(z.string().max(32), z.enum(['backstage', 'stage']))
    .default({})
    .describe('People by id who change their place in the same step.'),
})
const personChangesSchema = z
  .strictObject({
    place: z.enum(['backstage', 'stage']),
    muted: z.boolean().describe('true mutes; false asks the person to unmute, which only they can do.'),
    screen: z.literal(false).describe('Ends a shared screen.'),
  })
  .partial()

/**
 * The stage of a stream, so that a show can be directed by a program: `GET` and `PATCH …/stage`, `PUT …/stage/layout`
 * with If-Match, `POST` and `DELETE …/stage/show`, `GET …/people`, `GET`, `PATCH` and `DELETE …/people/{person}`.
 */
export function registerStageApi(server: FastifyInstance, stages: Stages): void {
  const stageOf = ({ stream }: { stream: string }): Stage => {
    const stage = stages.get(checkName(stream))
    if (!stage) throw new GatewayError('STAGE_NOT_FOUND', `The stage of "${stream}" is empty.`)
    return stage
  }
  server.register(async (scope) => {
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      path,
      {
        schema: {
          ...tag,
          summary: 'The room and the programme; the ETag is the revision',
          response: { 200: stageSnapshotSchema, ...errorAnswers(...readErrors) },
        },
      },
      async ({ params }, reply) => {
        const snapshot = stageOf(params).roster.snapshot()
        reply.header('etag', etagOf(snapshot))
        return snapshot
      },
    )
    routes.patch(
      path,
      {
        schema: {
          ...tag,
          summary: 'Locks the room, sets its password or the banner',
          body: settingsSchema,
          response: { 200: stageSnapshotSchema, ...errorAnswers(...changeErrors) },
        },
      },
      async ({ params, body }) => {
        const { roster } = stageOf(params)
        if (body.locked !== undefined) roster.setLocked(body.locked)
        if (body.password !== undefined) roster.setPassword(body.password)
        if (body.banner !== undefined) roster.setBanner(body.banner)
        return roster.snapshot()
      },
    )
    routes.put(
      `${path}/layout`,
      {
        schema: {
          ...tag,
          summary:
            'Places people and sets the layout in one step; with If-Match only when nothing changed meanwhile',
          body: directionSchema,
          response: {
            200: stageSnapshotSchema,
            ...errorAnswers(...changeErrors, 'STALE_STAGE', 'NOT_FOUND', 'WRONG_STATE'),
          },
        },
      },
      async (request, reply) => {
        const { roster } = stageOf(request.params)
        checkMatch(request, roster.snapshot())
        roster.direct(request.body.people, request.body.layout)
        const snapshot = roster.snapshot()
        reply.header('etag', etagOf(snapshot))
        return snapshot
      },
    )
    routes.post(
      `${path}/show`,
      {
        schema: {
          ...tag,
          summary: 'Goes live with the people on stage',
          response: {
            200: stageSnapshotSchema,
            ...errorAnswers(...changeErrors, 'STREAM_TAKEN', 'GATEWAY_BUSY', 'TOO_MANY_STREAMS'),
          },
        },
      },
      async ({ params }) => {
        const stage = stageOf(params)
        await stage.show.goLive()
        return stage.roster.snapshot()
      },
    )
    routes.delete(
      `${path}/show`,
      {
        schema: {
          ...tag,
          summary: 'Ends the show',
          response: { ...noContent, ...errorAnswers(...changeErrors) },
        },
      },
      async ({ params }, reply) => {
        await stageOf(params).show.end()
        return reply.code(204).send(null)
      },
    )
    const people = '/api/streams/:stream/people'
    routes.get(
      people,
      {
        schema: {
          ...tag,
          summary: 'The people of the room',
          response: { 200: z.object({ people: z.array(personSchema) }), ...errorAnswers(...readErrors) },
        },
      },
      async ({ params }) => ({ people: stageOf(params).roster.snapshot().people }),
    )
    const one = { ...tag, params: personParams }
    routes.get(
      `${people}/:person`,
      {
        schema: {
          ...one,
          summary: 'One person',
          response: { 200: personSchema, ...errorAnswers(...readErrors, 'NOT_FOUND') },
        },
      },
      async ({ params }) => ({ ...stageOf(params).roster.person(params.person) }),
    )
    routes.patch(
      `${people}/:person`,
      {
        schema: {
          ...one,
          summary: 'Lets a person in, places, mutes or asks them to unmute, ends their screen',
          body: personChangesSchema,
          response: { 200: personSchema, ...errorAnswers(...changeErrors, 'NOT_FOUND', 'WRONG_STATE') },
        },
      },
      async ({ params, body }) => {
        const stage = stageOf(params)
        stage.roster.person(params.person)
        if (body.place !== undefined) stage.roster.place(params.person, body.place)
        if (body.muted === true) await stage.mute(params.person)
        if (body.muted === false) stage.askUnmute(params.person)
        if (body.screen === false) stage.media.stopScreen(params.person)
        return { ...stage.roster.person(params.person) }
      },
    )
    routes.delete(
      `${people}/:person`,
      {
        schema: {
          ...one,
          summary: 'Removes a person, who can not come back with the same seat or invite',
          response: { ...noContent, ...errorAnswers(...changeErrors, 'NOT_FOUND') },
        },
      },
      async ({ params }, reply) => {
        const stage = stageOf(params)
        stage.roster.person(params.person)
        stage.remove(params.person)
        return reply.code(204).send(null)
      },
    )
  })
}

function etagOf({ revision }: { revision: number }): string {
  return `"${revision}"`
}

/** @throws GatewayError STALE_STAGE */
function checkMatch({ headers }: FastifyRequest, snapshot: { revision: number }): void {
  const wanted = headers['if-match']
  if (wanted === undefined || wanted === '*') return
  if (!wanted.split(/\s*,\s*/).includes(etagOf(snapshot))) {
    throw new GatewayError('STALE_STAGE', 'The stage has changed meanwhile. Read it again.')
  }
}
