import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { openDatabase } from '../../../src/database/database.ts'
import { databaseFileName, sqliteDialect } from '../../../src/database/sqlite.ts'
import { Feed } from '../../../src/feed/feed.ts'
import { registerTargetsApi } from '../../../src/http/api/targets-api.ts'
import { createServer } from '../../../src/http/server.ts'
import { DialError } from '../../../src/push/failure.ts'
import { importTargetFile } from '../../../src/targets/import-target-file.ts'
import { TargetStore } from '../../../src/targets/target-store.ts'
import { Targets } from '../../../src/targets/targets.ts'

const secret = 'aaaa-SECRET-bbbb'
const path = '/api/streams/show/targets'
const youtube = { name: 'YouTube', kind: 'youtube', key: secret }

let cleanup: Cleanup
let directory: string
let state: string
/** Where earlier versions kept targets. */
let file: string
/** Everything that was answered and logged. */
let said: string

beforeEach(async () => {
  cleanup = new Cleanup()
  directory = await mkdtemp(join(tmpdir(), 'sluice-targets-'))
  cleanup.defer(() => rm(directory, { recursive: true, force: true }))
  state = join(directory, 'state')
  file = join(state, 'targets.json')
  said = ''
})
afterEach(async () => {
  await cleanup.run()
  expect(said).not.toContain('SECRET')
})

async function start() {
  const log = pino(
    { level: 'trace' },
    {
      write: (line: string) => {
        said += line
      },
    },
  )
  const config = loadConfig(
    { SLUICE_TARGETS: JSON.stringify({ '*': [{ name: 'house', url: 'rtmp://house/live', key: secret }] }) },
    null,
  )
  const database = await openDatabase(sqliteDialect(state))
  cleanup.defer(() => database.destroy())
  const store = new TargetStore(database)
  await importTargetFile(state, store, log)
  const targets = await Targets.load({
    fixed: config.restream.targets,
    store,
    // No server is ever there.
    dial: () => Promise.reject(new DialError('connecting', 'ECONNREFUSED')),
    async checkHost(host) {
      if (host === 'inside') throw new DialError('resolving', 'BLOCKED', { blocked: 'Not there.' })
      if (host === 'unknown') throw new DialError('resolving', 'ENOTFOUND')
    },
    encoding: { ...config.hls, ...config.encode },
    log,
    ffmpegBinary: '/nowhere/ffmpeg',
  })
  const server = await createServer({ ...config.http, ...config.limits }, log)
  registerTargetsApi(server, targets)
  cleanup.defer(() => server.close())
  const ask = async (method: InjectOptions['method'] & string, url: string, body?: unknown, headers = {}) => {
    const payload = body === undefined ? {} : { payload: body as object }
    const response = await server.inject({ method, url, headers, ...payload } as InjectOptions)
    said += response.body
    return {
      status: response.statusCode,
      body: response.body === '' ? null : response.json(),
      headers: response.headers,
    }
  }
  const open = (stream = 'show', feed = new Feed({ maxSeconds: 9, maxBytes: 999 })) => {
    const session = targets.open(stream, feed, log)
    cleanup.defer(() => session.close())
    return session
  }
  return { ask, open, targets, database, said: () => said }
}

describe('the targets of a stream', () => {
  test('are added, listed, changed and removed, and their keys are never told', async () => {
    const { ask } = await start()
    const added = await ask('POST', path, youtube)
    expect(added).toMatchObject({
      status: 201,
      headers: { location: `${path}/YouTube` },
      body: {
        name: 'YouTube',
        kind: 'youtube',
        destination: 'rtmps://a.rtmps.youtube.com:443',
        state: 'waiting',
        enabled: true,
        hasKey: true,
        source: 'api',
        scope: 'show',
        history: [],
      },
    })
    expect((await ask('GET', path)).body.targets.map(({ name }: { name: string }) => name)).toEqual([
      'YouTube',
      'house',
    ])
    const changed = await ask('PATCH', `${path}/YouTube`, { kind: 'facebook', key: `${secret}2` })
    expect(changed).toMatchObject({
      status: 200,
      body: { kind: 'facebook', destination: 'rtmps://live-api-s.facebook.com:443' },
    })
    expect(await ask('DELETE', `${path}/YouTube`)).toMatchObject({ status: 204, body: null })
    expect(await ask('GET', `${path}/YouTube`)).toMatchObject({
      status: 404,
      body: { error: { code: 'TARGET_NOT_FOUND' } },
    })
  })

  test('are there again after a restart, in a file that only its owner can read', async () => {
    const { ask } = await start()
    await ask('POST', path, { ...youtube, enabled: false })
    await ask('POST', `${path}/house/stop`)
    expect((await stat(join(state, databaseFileName))).mode & 0o777).toBe(0o600)
    const again = await start()
    expect((await again.ask('GET', path)).body.targets).toMatchObject([
      { name: 'YouTube', enabled: false, state: 'stopped', hasKey: true },
      { name: 'house', enabled: false, state: 'stopped' },
    ])
  })

  test('of all streams are switched for one, and changed only where they are set', async () => {
    const { ask } = await start()
    const all = '/api/streams/*/targets'
    expect(await ask('POST', all, { ...youtube, name: 'every' })).toMatchObject({
      status: 201,
      body: { scope: '*' },
    })
    expect(await ask('POST', `${path}/every/stop`)).toMatchObject({ status: 200, body: { enabled: false } })
    expect(await ask('GET', '/api/streams/other/targets/every')).toMatchObject({ body: { enabled: true } })
    for (const name of ['every', 'house']) {
      const fixed = { status: 409, body: { error: { code: 'TARGET_FIXED' } } }
      expect(await ask('DELETE', `${path}/${name}`)).toMatchObject(fixed)
      expect(await ask('PATCH', `${path}/${name}`, { key: 'x' })).toMatchObject(fixed)
    }
    expect(await ask('PATCH', `${path}/house`, { enabled: false })).toMatchObject({ status: 200 })
    // Its own takes the place of the one for all; then that is there again.
    expect(await ask('DELETE', `${all}/every`)).toMatchObject({ status: 204 })
    expect(await ask('GET', `${path}/every`)).toMatchObject({ status: 404 })
  })

  test('start and stop with the stream, and one alone', async () => {
    const { ask, open } = await start()
    await ask('POST', path, youtube)
    const session = open()
    const states = () => session.snapshot().map(({ name, state }) => `${name} ${state}`)
    expect(states()).toEqual(['YouTube waiting', 'house waiting'])
    expect(await ask('POST', `${path}/YouTube/stop`)).toMatchObject({
      body: { state: 'stopped', enabled: false },
    })
    expect(states()).toEqual(['YouTube stopped', 'house waiting'])
    expect(await ask('POST', `${path}/YouTube/retry`)).toMatchObject({
      status: 409,
      body: { error: { code: 'WRONG_STATE' } },
    })
    const started = await ask('POST', `${path}/YouTube/start`)
    expect(started).toMatchObject({ body: { state: 'waiting', enabled: true } })
    expect(started.body.history.map(({ state }: { state: string }) => state)).toEqual([
      'waiting',
      'stopped',
      'waiting',
    ])
    expect(await ask('POST', `${path}/YouTube/retry`)).toMatchObject({ status: 200 })
    await ask('POST', path, { ...youtube, name: 'late' })
    expect(states()).toEqual(['YouTube waiting', 'late waiting', 'house waiting'])
    await ask('DELETE', `${path}/late`)
    expect(states()).toHaveLength(2)
    await session.close()
  })

  test.each([
    ['constructor', '__proto__'],
    ['tostring', 'constructor'],
    ['valueof', 'hasOwnProperty'],
  ])('of a stream %s, with a target %s, work as all others and outlive a restart', async (stream, name) => {
    const { ask, open } = await start()
    const session = open(stream)
    expect(session.snapshot().map(({ name }) => name)).toEqual(['house'])
    const own = `/api/streams/${stream}/targets`
    expect(await ask('GET', own)).toMatchObject({ status: 200, body: { targets: [{ name: 'house' }] } })
    expect(await ask('POST', own, { ...youtube, name })).toMatchObject({ status: 201 })
    expect(await ask('PATCH', `${own}/${name}`, { enabled: false })).toMatchObject({ status: 200 })
    // Names of targets for all streams are keys, too: those of what was switched.
    expect(await ask('POST', '/api/streams/*/targets', { ...youtube, name })).toMatchObject({ status: 201 })
    expect(await ask('POST', `${path}/${name}/stop`)).toMatchObject({ body: { name, enabled: false } })
    expect(await ask('POST', path, youtube)).toMatchObject({ status: 201 })
    const again = await start()
    expect((await again.ask('GET', own)).body.targets).toMatchObject([
      { name, enabled: false, scope: stream },
      { name: 'house', enabled: true },
    ])
    expect((await again.ask('GET', `${path}/${name}`)).body).toMatchObject({ enabled: false, scope: '*' })
    expect(await ask('POST', `${path}/${name}/start`)).toMatchObject({ body: { enabled: true } })
    expect(await ask('DELETE', `${own}/${name}`)).toMatchObject({ status: 204 })
    expect((await ask('GET', own)).body.targets).toMatchObject([{ name: 'house' }, { name, scope: '*' }])
  })

  test('that fail on one stream do not keep a change from the others', async () => {
    const { ask, open, said } = await start()
    const bad = new Feed({ maxSeconds: 9, maxBytes: 999 })
    bad.attach = () => {
      throw new Error('no more readers')
    }
    const [broken, well] = [open('broken', bad), open()]
    expect(await ask('POST', '/api/streams/*/targets', youtube)).toMatchObject({ status: 201 })
    expect(well.snapshot()).toMatchObject([{ name: 'house' }, { name: 'YouTube', state: 'waiting' }])
    expect(broken.snapshot()).toHaveLength(2)
    expect(said()).toContain('no more readers')
  })

  test('are limited in number', async () => {
    const { ask } = await start()
    for (let number = 1; number < 20; number += 1) {
      expect((await ask('POST', path, { ...youtube, name: `t${number}` })).status).toBe(201)
    }
    const tooMany = { status: 429, body: { error: { code: 'TOO_MANY_TARGETS' } } }
    expect(await ask('POST', path, youtube)).toMatchObject(tooMany)
  })

  test('that are added at the same time are all kept', async () => {
    const { ask } = await start()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(names.map((name) => ask('POST', path, { ...youtube, name })))
    const { ask: later } = await start()
    expect((await later('GET', path)).body.targets).toHaveLength(names.length + 1)
  })
})

describe('is refused', () => {
  test.each([
    ['no name', { ...youtube, name: undefined }, 400, /^name: /],
    ['an unknown kind', { ...youtube, kind: 'vimeo' }, 400, /^kind: .*"youtube"/],
    ['another scheme', { ...youtube, url: 'http://host/app' }, 400, /^url: must look like rtmp:/],
    ['a file', { ...youtube, url: 'file:///etc/passwd' }, 400, /^url: /],
    ['no address', { name: 'a', kind: 'rtmp' }, 400, /^url: is missing/],
    ['a port that can not be', { ...youtube, url: 'rtmp://host:99999/app' }, 400, /^url: .*port/],
    ['a key with a space', { ...youtube, key: `${secret} x` }, 400, /^key: must not hold spaces/],
    ['a slash in the name', { ...youtube, name: 'a/b' }, 400, /^name: /],
    ['something else', { ...youtube, colour: 'red' }, 400, /colour/],
    ['no object', [], 400, /object/],
    ['a private address', { ...youtube, url: 'rtmp://inside/app' }, 403, /^Not there\.$/],
    ['a name in use', { ...youtube, name: 'house' }, 409, /already/],
    ['too much', { ...youtube, key: secret.repeat(10_000) }, 413, /too large/],
  ])('%s', async (_what, body, status, says) => {
    const { ask } = await start()
    const answer = await ask('POST', path, body)
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringMatching(says) } } })
    expect((await ask('GET', path)).body.targets).toHaveLength(1)
  })

  test('a change to a private address; one that is not found now may be later', async () => {
    const { ask } = await start()
    await ask('POST', path, youtube)
    expect(await ask('PATCH', `${path}/YouTube`, { url: 'rtmp://inside/app' })).toMatchObject({ status: 403 })
    expect(await ask('PATCH', `${path}/YouTube`, { url: 'rtmp://unknown/app', key: 'k' })).toMatchObject({
      status: 200,
    })
    expect(await ask('PATCH', `${path}/YouTube`, { kind: 'rtmp', url: null, key: 'k' })).toMatchObject({
      status: 400,
    })
  })

  test('a key that would go to another server than it was given for', async () => {
    const { ask } = await start()
    await ask('POST', path, youtube)
    for (const changes of [
      { url: 'rtmp://thief/app' },
      { kind: 'twitch' },
      { url: 'rtmp://a.rtmps.youtube.com/live2' },
    ]) {
      const answer = await ask('PATCH', `${path}/YouTube`, changes)
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringMatching(/^key: /) } },
      })
    }
    const same = { url: 'rtmps://a.rtmps.youtube.com:443/other' }
    expect(await ask('PATCH', `${path}/YouTube`, same)).toMatchObject({ status: 200, body: { hasKey: true } })
  })

  test.each([
    ['another site', { origin: 'https://evil.example', host: 'localhost:8080' }],
    ['another site that hides its origin', { 'sec-fetch-site': 'cross-site', host: 'localhost:8080' }],
  ])('what a page of %s wants', async (_what, headers) => {
    const { ask } = await start()
    const forbidden = { status: 403, body: { error: { code: 'FORBIDDEN_ORIGIN' } } }
    expect(await ask('POST', path, youtube, headers)).toMatchObject(forbidden)
    expect(await ask('POST', `${path}/house/stop`, undefined, headers)).toMatchObject(forbidden)
    expect(await ask('DELETE', `${path}/house`, undefined, headers)).toMatchObject(forbidden)
    const own = { origin: 'http://localhost:8080', host: 'localhost:8080', 'sec-fetch-site': 'same-origin' }
    expect(await ask('POST', path, youtube, own)).toMatchObject({
      ...{ status: 201, headers: { 'cache-control': 'no-store' } },
    })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded'])('a body of %s', async (type) => {
    const { ask } = await start()
    const answer = await ask('POST', path, JSON.stringify(youtube), { 'content-type': type })
    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED_TYPE' } } })
  })

  test('a stream that can not be', async () => {
    const { ask } = await start()
    expect(await ask('GET', '/api/streams/UPPER/targets')).toMatchObject({
      body: { error: { code: 'BAD_STREAM_NAME' } },
    })
  })
})

describe('the file of an earlier version', () => {
  const content = JSON.stringify({
    version: 1,
    targets: {
      show: [
        { name: 'second', kind: 'rtmp', url: 'rtmp://there/live', key: secret, enabled: false },
        {
          name: 'first',
          kind: 'youtube',
          url: 'rtmps://a.rtmps.youtube.com:443/live2',
          key: secret,
          enabled: true,
        },
      ],
      '*': [{ name: '__proto__', kind: 'rtmp', url: 'rtmp://all/live', key: '', enabled: true }],
    },
    switched: { show: { house: false, constructor: true } },
  })

  test('goes into the database, once, with all that it holds, and is kept under another name', async () => {
    await mkdir(state)
    await writeFile(file, content)
    const { ask } = await start()
    const wanted = [
      { name: 'second', enabled: false, hasKey: true, destination: 'rtmp://there' },
      { name: 'first', enabled: true, kind: 'youtube' },
      { name: '__proto__', scope: '*', hasKey: false },
      { name: 'house', enabled: false },
    ]
    const found = (await ask('GET', path)).body.targets
    expect(found.map(({ name }: { name: string }) => name).sort()).toEqual(
      wanted.map(({ name }) => name).sort(),
    )
    expect(found).toEqual(expect.arrayContaining(wanted.map((each) => expect.objectContaining(each))))
    const files = await readdir(state)
    expect(files).not.toContain('targets.json')
    const [backup = ''] = files.filter((name) => name.startsWith('targets.json.imported-'))
    expect(await readFile(join(state, backup), 'utf8')).toBe(content)
    await ask('DELETE', `${path}/second`)
    const again = await start()
    expect((await again.ask('GET', path)).body.targets).toHaveLength(3)
  })

  test.each([
    '{',
    '[]',
    '{"version":2}',
    `{"version":1,"targets":{"show":[{"name":"a","url":"x","key":"${secret}"}]}}`,
  ])('is left alone when it is damaged: %s', async (damaged) => {
    await start().then(({ ask }) => ask('POST', path, youtube))
    await writeFile(file, damaged)
    const failure = await start().catch((error: Error) => error.message)
    expect(failure).toMatch(/targets\.json, is damaged/)
    expect(failure).not.toContain('SECRET')
    expect(await readFile(file, 'utf8')).toBe(damaged)
  })
})

test('what can not be saved changes nothing', async () => {
  const { ask, database } = await start()
  await database.schema.dropTable('target_switches').execute()
  expect(await ask('POST', path, youtube)).toMatchObject({
    status: 500,
    body: { error: { code: 'STATE_FAILED' } },
  })
  expect((await ask('GET', path)).body.targets).toHaveLength(1)
  expect(await database.selectFrom('targets').selectAll().execute()).toEqual([])
})
