import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { damaged, hostileText } from '../support/arbitraries/hostile.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { childPids, commandLine } from '../support/processes.ts'
import { goodDtlsParameters } from '../support/signaling-client.ts'
import { rtpParameters, StageClient } from '../support/stage-client.ts'

const frames = 2_000
const seed = 20_261_121
const within = { timeout: 30_000, interval: 20 }

let gateway: TestGateway
let before: Awaited<ReturnType<typeof inventory>>

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_ENDED_SECONDS: '0' })
  before = await vi.waitFor(() => inventory(), within)
})
afterAll(async () => await gateway?.close())

/** All that people of a stage take and must give back. */
async function inventory() {
  return {
    worker: await gateway.app.pool.usage(),
    tapPorts: gateway.app.ports.inUse,
    streams: gateway.app.registry.snapshot().length,
    processes: childPids().map((pid) => commandLine(pid)[0]?.split('/').at(-1)),
    threads: process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length,
  }
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

async function nothingIsLeft(expected = before): Promise<void> {
  await vi.waitFor(async () => expect(await inventory()).toEqual(expected), within)
}

/** By REST, as a program that directs the show does. */
const people = '/api/streams/talk/people'
async function peopleOf(stream: string): Promise<{ id: string; name: string }[]> {
  const response = await fetch(`${gateway.url}/api/streams/${stream}/people`)
  if (response.status === 404) return []
  return z
    .object({ people: z.array(z.object({ id: z.string(), name: z.string() })) })
    .parse(await response.json()).people
}
async function clear(stream: string, keep: readonly string[]): Promise<void> {
  for (const { id } of await peopleOf(stream)) {
    if (keep.includes(id)) continue
    const { status } = await fetch(`${gateway.url}/api/streams/${stream}/people/${id}`, { method: 'DELETE' })
    expect([204, 404]).toContain(status)
  }
}

/** One good request of each type; those of `own` hold for the sender. */
function goodRequests(own: string) {
  const video = rtpParameters('video', 4_000)
  const layout = {
    mode: 'free',
    main: `${own}:camera`,
    free: [{ id: `${own}:camera`, x: 0.1, y: 0.2, width: 0.5, height: 0.5 }],
  }
  const to = { personId: own }
  return [
    { type: 'join', protocol: 1, name: 'Again', as: 'host', invite: 'x', password: 'y', seatToken: 'z' },
    ...['snapshot', 'openMedia', 'leave', 'endShow'].map((type) => ({ type })),
    { type: 'capabilities', rtpCapabilities: { codecs: video.codecs, headerExtensions: [] } },
    { type: 'connect', direction: 'send', dtlsParameters: goodDtlsParameters },
    { type: 'restartIce', direction: 'receive' },
    { type: 'produce', source: 'camera', rtpParameters: video },
    { type: 'produce', source: 'screen-audio', rtpParameters: rtpParameters('audio', 4_001) },
    { type: 'unproduce', source: 'camera' },
    { type: 'pause', source: 'microphone', paused: false },
    { type: 'consume', ...to, source: 'camera' },
    { type: 'prefer', consumerId: 'x', height: 720 },
    { type: 'hand', raised: true },
    { type: 'chat', text: 'hello' },
    { type: 'place', ...to, place: 'stage' },
    ...['mute', 'askUnmute', 'stopScreen', 'remove'].map((type) => ({ type, ...to })),
    { type: 'setRole', ...to, role: 'cohost' },
    { type: 'layout', layout },
    { type: 'banner', text: 'News' },
    { type: 'lock', locked: false },
  ]
}

/** Frames of a hostile client: mostly requests that are wrong deep inside. */
function hostileFrames(own: string, count: number, round: number): string[] {
  const good = goodRequests(own).map((request, index) => ({ id: index, ...request }))
  const arbitrary = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...good).chain((each) => damaged(each, 2)) },
    { weight: 4, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: hostileText },
  )
  return fc
    .sample(arbitrary, { numRuns: count, seed: seed + round })
    .map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
}

async function enter(stream: string, as: 'host' | 'guest', host: StageClient | null): Promise<StageClient> {
  const client = await StageClient.open(gateway.url, stream)
  await client.join('Mallory', as)
  if (host) await host.ask('place', { personId: client.personId, place: 'backstage' })
  await client.produce(3_000)
  return client
}

test(`${frames} hostile frames are answered or end the connection, leave nothing, and others are untouched`, async () => {
  const host = await StageClient.open(gateway.url, 'talk')
  await host.join('Hanna', 'host')
  await host.produce(1_000)
  const guest = await enter('talk', 'guest', host)
  await host.ask('place', { personId: guest.personId, place: 'stage' })
  await guest.ask('consume', { personId: host.personId, source: 'camera' }).catch(() => undefined)
  const good = [host.personId, guest.personId]
  const facts = async () => {
    const response = await fetch(`${gateway.url}${people}/${guest.personId}`)
    const { name, place, role, muted, sources } = z
      .looseObject({ sources: z.array(z.unknown()) })
      .parse(await response.json())
    return { name, place, role, muted, sources }
  }
  const untouched = await facts()
  const counted = { answered: 0, refused: 0, closed: 0 }
  const atRest = { timers: timers(), inventory: await inventory() }
  let sent = 0
  for (let round = 0; sent < frames; round += 1) {
    // Every fifth is a host of a room of their own, where they may do all.
    const asHost = round % 5 === 4
    const mallory = asHost ? await enter('den', 'host', null) : await enter('talk', 'guest', host)
    for (const frame of hostileFrames(mallory.personId, 25, round)) {
      if (!mallory.isOpen || sent >= frames) break
      sent += 1
      const reply = await mallory.raw(frame)
      if (reply === null) counted.closed += 1
      else if (reply.ok) counted.answered += 1
      else {
        counted.refused += 1
        expect(reply.error?.code, `${frame} gave ${JSON.stringify(reply)}`).not.toBe('INTERNAL')
      }
    }
    await mallory.drop()
    await clear(asHost ? 'den' : 'talk', good)
  }
  console.log(`${sent} frames: ${JSON.stringify(counted)}`)
  // Each way of ending was met, so the frames are neither all good nor all refused at the first look.
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(frames / 200)
  expect([host.isOpen, guest.isOpen, await facts()]).toEqual([true, true, untouched])
  expect((await peopleOf('talk')).map(({ id }) => id).sort()).toEqual([...good].sort())
  expect(await host.ask('snapshot')).toMatchObject({ snapshot: { locked: false, banner: '' } })
  // The room lives on: what a closed room would take with it must be gone already.
  await nothingIsLeft(atRest.inventory)
  await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(atRest.timers), within)
  await guest.ask('leave').catch(() => undefined)
  await host.ask('leave').catch(() => undefined)
  await nothingIsLeft()
}, 120_000)

test('a host who goes live and is gone at once leaves nothing', async () => {
  const host = await enter('talk', 'host', null)
  await host.ask('place', { personId: host.personId, place: 'stage' })
  const starting = host.ask('goLive').catch(() => undefined)
  await clear('talk', [])
  await host.closed
  await starting
  await nothingIsLeft()
})

test('20 joins and leaves of 6 people leave nothing, twice with a show', async () => {
  // The room lives all the time, so that nothing is gone only because the room is.
  const keeper = await enter('talk', 'host', null)
  const atRest = await inventory()
  for (let cycle = 0; cycle < 20; cycle += 1) {
    const host = await enter('talk', 'host', null)
    const guests: StageClient[] = []
    for (let count = 0; count < 5; count += 1) guests.push(await enter('talk', 'guest', host))
    const all = [host, ...guests]
    for (const { personId } of all) await host.ask('place', { personId, place: 'stage' })
    const consumed = await Promise.all(
      all.flatMap((listener) =>
        all
          .filter((sender) => sender !== listener)
          .map(({ personId }) => listener.ask('consume', { personId, source: 'camera' })),
      ),
    )
    expect(consumed).toHaveLength(30)
    if (cycle % 10 === 0) {
      await host.ask('goLive')
      // One decoder for each person, one encoder.
      await vi.waitFor(async () => expect((await inventory()).processes).toHaveLength(8 + 1), within)
    }
    for (const [index, person] of all.entries()) {
      if (index % 2 === 0) await person.ask('leave').catch(() => undefined)
      else await person.drop()
    }
    await clear('talk', [keeper.personId])
    if (cycle % 10 === 0) await keeper.ask('endShow')
  }
  await nothingIsLeft(atRest)
  await keeper.ask('leave').catch(() => undefined)
  await nothingIsLeft()
}, 120_000)
