import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../../src/cleanup.ts'
import { databaseFileName } from '../../../src/database/sqlite.ts'
import {
  type GatewayProcess,
  type GatewayProcessOptions,
  startProcess,
} from '../../support/gateway-process.ts'

/** Faults of the disk that keeps what outlives a restart. */
let cleanup: Cleanup
let directory: string
let database: string

beforeEach(async () => {
  cleanup = new Cleanup()
  directory = await mkdtemp(join(tmpdir(), 'sluice-state-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  database = join(directory, databaseFileName)
})
afterEach(async () => await cleanup.run())

test('a full disk fails the change, keeps what was saved, and harms nothing else', async () => {
  const before = await started()
  before.signal('SIGTERM')
  await before.ended
  // No file may grow beyond this: writes fail as on a full disk, for this process only.
  const { size } = await stat(database)
  const full = await started({ within: ['prlimit', `--fsize=${size + 8192}`, '--'] })
  let saved = 0
  let refused: Response | undefined
  while (!refused && saved < 20) {
    const answer = await addTarget(full, `target-${saved}`)
    if (answer.ok) saved += 1
    else refused = answer
  }
  expect(refused?.status).toBe(500)
  expect(await refused?.json()).toMatchObject({ error: { code: 'STATE_FAILED' } })
  expect(await targetNames(full)).toHaveLength(saved)
  expect((await fetch(`${full.url}/healthz`)).status).toBe(200)
  full.signal('SIGTERM')
  expect(await full.ended).toEqual({ code: 0, signal: null })

  const after = await started()
  expect(await targetNames(after)).toHaveLength(saved)
  expect((await addTarget(after, 'with-room-again')).status).toBe(201)
})

test('a damaged database stops the start with a sentence, and is left as it is', async () => {
  await writeFile(database, 'this is no database, but it was somebody’s'.repeat(100))
  const bytes = await readFile(database)
  const gateway = await startProcess(cleanup, { settings: { SLUICE_STATE_DIR: directory } })
  expect(await gateway.ended).toEqual({ code: 1, signal: null })
  expect(gateway.output().stderr).toMatch(/sluice\.db .*not a database/)
  expect(gateway.output().stderr).not.toMatch(/^\s+at /m)
  expect(await readFile(database)).toEqual(bytes)
})

test('a state directory that can not be written stops the start with a sentence', async () => {
  // A file in its place: root may write everywhere else.
  const file = join(directory, 'file')
  await writeFile(file, '')
  const gateway = await startProcess(cleanup, { settings: { SLUICE_STATE_DIR: join(file, 'state') } })
  expect(await gateway.ended).toEqual({ code: 1, signal: null })
  expect(gateway.output().stderr).toMatch(/^The state directory .* can not be used: ENOTDIR/)
})

test('a second gateway on the same state is refused, and the first goes on', async () => {
  const first = await started()
  const second = await startProcess(cleanup, { settings: { SLUICE_STATE_DIR: directory } })
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.output().stderr).toContain(`Another gateway (pid ${first.pid}) uses the state directory`)
  expect((await addTarget(first, 'still')).status).toBe(201)
  first.signal('SIGKILL')
  await first.ended
  const third = await started()
  expect(await targetNames(third)).toEqual(['still'])
})

async function started(options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  const gateway = await startProcess(cleanup, {
    ...options,
    settings: { SLUICE_STATE_DIR: directory, SLUICE_RESTREAM_ALLOW_PRIVATE: 'true' },
  })
  await gateway.ready()
  return gateway
}

function addTarget(gateway: GatewayProcess, name: string): Promise<Response> {
  return fetch(`${gateway.url}/api/streams/show/targets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, url: 'rtmp://127.0.0.1/live', key: 'k'.repeat(200) }),
  })
}

async function targetNames(gateway: GatewayProcess): Promise<string[]> {
  const answer = await fetch(`${gateway.url}/api/streams/show/targets`)
  const { targets } = listSchema.parse(await answer.json())
  return targets.map(({ name }) => name)
}

const listSchema = z.object({ targets: z.array(z.object({ name: z.string() })) })
