import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { openDatabase } from '../../../src/database/database.ts'
import { memoryDialect } from '../../../src/database/sqlite.ts'
import { GatewayError } from '../../../src/errors.ts'
import { registerApiDocuments } from '../../../src/http/api/api-documents.ts'
import { registerStreamsApi } from '../../../src/http/api/streams-api.ts'
import { registerTargetsApi } from '../../../src/http/api/targets-api.ts'
import { registerWebhooksApi } from '../../../src/http/api/webhooks-api.ts'
import { registerHealth } from '../../../src/http/health.ts'
import { createServer } from '../../../src/http/server.ts'
import { DialError } from '../../../src/push/failure.ts'
import { checkName } from '../../../src/streams/registry.ts'
import type { StoredTargets } from '../../../src/targets/stored-targets.ts'
import { TargetStore } from '../../../src/targets/target-store.ts'
import { Targets } from '../../../src/targets/targets.ts'
import { TranscodeSlots } from '../../../src/transcode-slots.ts'
import { Webhooks } from '../../../src/webhooks/webhooks.ts'
import { ApiAnswers } from '../../support/api-answers.ts'
import { fakeOutputs } from '../streams/fake-outputs.ts'

const path = '/api/streams/show/targets'
const youtube = { name: 'YouTube', kind: 'youtube', key: 'k' }
const house = { name: 'house', kind: 'rtmp', url: 'rtmp://house/live', key: '', enabled: true } as const
const foreign = { origin: 'https://evil.example', host: 'localhost' }

let cleanup: Cleanup
let workersUp: number

beforeEach(() => {
  cleanup = new Cleanup()
  workersUp = 1
})
afterEach(() => cleanup.run())

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** All routes of the REST API, without mediasoup: there is no stream. */
async function start(stored?: StoredTargets) {
  const log = pino({ level: 'silent' })
  const config = loadConfig({}, null)
  const database = await openDatabase(memoryDialect())
  cleanup.defer(() => database.destroy())
  const store = new TargetStore(database)
  if (stored) await store.save(stored)
  const targets = await Targets.load({
    transcodes: new TranscodeSlots(1),
    fixed: { '*': [house, { ...house, name: 'spare', enabled: false }] },
    store,
    dial: () => Promise.reject(new DialError('connecting', 'ECONNREFUSED')),
    async checkHost(host) {
      if (host === 'inside') throw new DialError('resolving', 'BLOCKED', { blocked: 'Not there.' })
    },
    encoding: { ...config.hls, ...config.encode },
    ffmpegBinary: '/nowhere/ffmpeg',
    log,
  })
  const registry = {
    snapshot: () => [],
    get(name: string): never {
      checkName(name)
      throw new GatewayError('STREAM_NOT_FOUND', 'There is no such stream.')
    },
  }
  const server = await createServer({ ...config.http, ...config.limits }, log)
  cleanup.defer(() => server.close())
  await registerApiDocuments(server)
  registerHealth(server, () => ({ workers: { up: workersUp, wanted: 1 }, draining: false }))
  registerStreamsApi(server, registry, fakeOutputs().kinds, { allows: () => true, lists: () => true })
  registerTargetsApi(server, targets)
  const webhooks = await Webhooks.load({
    ...{ database, log },
    send: async () => ({ status: 204, retryAfterMs: null }),
    async checkHost(host) {
      if (host === 'inside') throw new DialError('resolving', 'BLOCKED', { blocked: 'Not there.' })
    },
  })
  cleanup.defer(() => webhooks.close())
  registerWebhooksApi(server, webhooks)
  const document = (await server.inject('/api/openapi.json')).json()
  return { server, document, database, webhooks, answers: new ApiAnswers(document) }
}

/** @returns a function that asks, wants a status, and checks the answer. */
function asker(server: FastifyInstance, answers: ApiAnswers) {
  return async (
    status: number,
    method: Method,
    url: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ): Promise<void> => {
    const answer = await server.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
    expect([method, url, answer.statusCode]).toEqual([method, url, status])
    answers.check(method, url, answer.statusCode, answer.body)
  }
}

/** Every documented answer about webhooks. */
async function askWebhooks(ask: ReturnType<typeof asker>, server: FastifyInstance): Promise<void> {
  const hook = { url: 'https://hooks.example/a', events: ['stream.live'], stream: 'show', label: 'chat' }
  const text = { 'content-type': 'text/plain' }
  const tooLarge = { url: `https://hooks.example/${'a'.repeat(100_000)}` }
  await ask(200, 'GET', '/api/webhooks')
  await ask(201, 'POST', '/api/webhooks', hook)
  await ask(400, 'POST', '/api/webhooks', { ...hook, url: 'ftp://hooks.example/' })
  await ask(403, 'POST', '/api/webhooks', hook, foreign)
  await ask(403, 'POST', '/api/webhooks', { url: 'http://inside/' })
  await ask(413, 'POST', '/api/webhooks', tooLarge)
  await ask(415, 'POST', '/api/webhooks', 'url=a', text)
  const [{ id }] = (await server.inject('/api/webhooks')).json().webhooks
  const one = `/api/webhooks/${id}`
  await ask(200, 'GET', one)
  await ask(404, 'GET', '/api/webhooks/other')
  await ask(200, 'PATCH', one, { label: 'mail' })
  await ask(400, 'PATCH', one, { colour: 'red' })
  await ask(403, 'PATCH', one, { url: 'http://inside/' })
  await ask(404, 'PATCH', '/api/webhooks/other', { label: 'mail' })
  await ask(413, 'PATCH', one, tooLarge)
  await ask(415, 'PATCH', one, 'url=a', text)
  await ask(200, 'POST', `${one}/rotate`, {})
  await ask(200, 'GET', `${one}/deliveries?limit=5&state=failed`)
  await ask(400, 'GET', `${one}/deliveries?limit=0`)
  await ask(404, 'GET', '/api/webhooks/other/deliveries')
  await ask(200, 'POST', `${one}/replay`, { failedSince: '2026-01-01T00:00:00Z' })
  await ask(404, 'POST', `${one}/replay`, { sequence: 1 })
  await ask(409, 'POST', `${await disabled(server)}/replay`, { sequence: 1 })
  for (const [action, body] of [
    ['rotate', {}],
    ['replay', { sequence: 1 }],
  ] as const) {
    await ask(400, 'POST', `${one}/${action}`, { colour: 'red' })
    await ask(403, 'POST', `${one}/${action}`, body, foreign)
    await ask(404, 'POST', `/api/webhooks/other/${action}`, body)
    await ask(413, 'POST', `${one}/${action}`, tooLarge)
    await ask(415, 'POST', `${one}/${action}`, 'a=b', text)
  }
  await ask(403, 'DELETE', one, undefined, foreign)
  await ask(404, 'DELETE', '/api/webhooks/other')
  await ask(204, 'DELETE', one)
  for (let count = 1; count < 50; count += 1)
    await server.inject({ method: 'POST', url: '/api/webhooks', payload: hook })
  await ask(429, 'POST', '/api/webhooks', hook)
}

/** Path of a webhook that gets nothing. */
async function disabled(server: FastifyInstance): Promise<string> {
  const payload = { url: 'https://hooks.example/b', enabled: false }
  const answer = await server.inject({ method: 'POST', url: '/api/webhooks', payload })
  return `/api/webhooks/${answer.json().id}`
}

describe('the documents of the API', () => {
  test('hold for every answer that they name', async () => {
    const { server, answers } = await start()
    const ask = asker(server, answers)
    await ask(200, 'GET', '/healthz')
    await ask(200, 'GET', '/readyz')
    workersUp = 0
    await ask(503, 'GET', '/readyz')
    await ask(200, 'GET', '/api/streams')
    await ask(400, 'GET', '/api/streams/UPPER')
    await ask(404, 'GET', '/api/streams/show')

    await ask(201, 'POST', path, youtube)
    await ask(400, 'POST', path, { name: 1 })
    await ask(400, 'POST', '/api/streams/UPPER/targets', youtube)
    await ask(403, 'POST', path, youtube, foreign)
    await ask(403, 'POST', path, { ...youtube, name: 'private', url: 'rtmp://inside/app' })
    await ask(409, 'POST', path, youtube)
    await ask(413, 'POST', path, { ...youtube, key: 'k'.repeat(100_000) })
    await ask(415, 'POST', path, 'name=a', { 'content-type': 'text/plain' })
    await ask(200, 'GET', path)
    await ask(400, 'GET', '/api/streams/UPPER/targets')
    await ask(200, 'GET', `${path}/YouTube`)
    await ask(400, 'GET', '/api/streams/UPPER/targets/YouTube')
    await ask(404, 'GET', `${path}/Other`)

    await ask(200, 'PATCH', `${path}/YouTube`, { key: 'other' })
    await ask(400, 'PATCH', `${path}/YouTube`, { colour: 'red' })
    await ask(403, 'PATCH', `${path}/YouTube`, { key: 'other' }, foreign)
    await ask(404, 'PATCH', `${path}/Other`, { key: 'other' })
    await ask(409, 'PATCH', `${path}/house`, { key: 'other' })
    await ask(413, 'PATCH', `${path}/YouTube`, { key: 'k'.repeat(100_000) })
    await ask(415, 'PATCH', `${path}/YouTube`, 'key=a', { 'content-type': 'text/plain' })

    for (const action of ['stop', 'start']) {
      await ask(200, 'POST', `${path}/YouTube/${action}`)
      await ask(action === 'stop' ? 409 : 200, 'POST', `${path}/YouTube/retry`)
    }
    for (const action of ['stop', 'start', 'retry']) {
      await ask(400, 'POST', `/api/streams/UPPER/targets/YouTube/${action}`)
      await ask(403, 'POST', `${path}/YouTube/${action}`, undefined, foreign)
      await ask(404, 'POST', `${path}/Other/${action}`)
    }

    await ask(400, 'DELETE', '/api/streams/UPPER/targets/YouTube')
    await ask(403, 'DELETE', `${path}/YouTube`, undefined, foreign)
    await ask(404, 'DELETE', `${path}/Other`)
    await ask(409, 'DELETE', `${path}/house`)
    await ask(204, 'DELETE', `${path}/YouTube`)

    await askWebhooks(ask, server)

    // No room for more targets, nor for more switches.
    const list = Array.from({ length: 20 }, (_, number) => ({ ...house, name: `t${number}` }))
    const names = Array.from({ length: 500 }, (_, number) => `s${number}`)
    const full = await start({
      targets: new Map([['show', list]]),
      switched: new Map(names.map((name) => [name, new Map([['house', false]])])),
    })
    const askFull = asker(full.server, answers)
    await askFull(429, 'POST', path, youtube)
    await askFull(429, 'POST', `${path}/house/stop`)
    await askFull(429, 'POST', `${path}/spare/start`)
    await askFull(200, 'POST', `${path}/t2/stop`)

    // Nothing can be saved any more.
    await full.database.schema.dropTable('target_switches').execute()
    await askFull(500, 'POST', '/api/streams/other/targets', youtube)
    await askFull(500, 'PATCH', `${path}/t1`, { enabled: false })
    await askFull(500, 'DELETE', `${path}/t1`)
    await askFull(500, 'POST', `${path}/t1/stop`)
    await askFull(500, 'POST', `${path}/t2/start`)

    // A stream needs mediasoup: test/integration/api.test.ts.
    expect(answers.missing).toEqual(['get /api/streams/{stream} 200'])
  })

  test('show the routes to people without a script or style of the page itself', async () => {
    const { server } = await start()
    const page = await server.inject('/api/docs')
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    expect(page.body).not.toMatch(/<script(?![^>]* src=)|<style|style=/)
    const [, script = ''] = /src="([^"]+swagger-ui-bundle\.js)"/.exec(page.body) ?? []
    expect((await server.inject(script)).statusCode).toBe(200)
  })

  test('name what a body holds', async () => {
    const { document } = await start()
    const body = document.paths['/api/streams/{stream}/targets'].post.requestBody.content['application/json']
    expect(Object.keys(body.schema.properties)).toEqual(['name', 'kind', 'url', 'key', 'enabled'])
    expect(body.schema).toMatchObject({ required: ['name'], additionalProperties: false })
  })
})

describe('answers are checked', () => {
  test.each([
    [{ streams: [] }, undefined],
    [{ streams: [{ name: 'show' }] }, /invalid_type/],
    [{ streams: [], more: 1 }, /unrecognized_keys/],
    [{}, /streams/],
  ])('%o', async (body, wrong) => {
    const { answers } = await start()
    const check = () => answers.check('GET', '/api/streams', 200, JSON.stringify(body))
    if (wrong) expect(check).toThrow(wrong)
    else expect(check).not.toThrow()
  })

  test('and have to be documented', async () => {
    const { answers } = await start()
    expect(() => answers.check('GET', '/api/streams', 418, '')).toThrow(/not documented/)
    expect(() => answers.check('GET', '/api/other', 200, '')).toThrow(/not documented/)
  })
})
