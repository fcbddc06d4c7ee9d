import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { ChatLog } from '../../../src/stage/room/chat-log.ts'
import { hostRequests } from '../../../src/stage/stage-protocol.ts'
import { type FakePage, FakeRoom } from './fake-room.ts'

let room: FakeRoom
beforeEach(() => {
  vi.useFakeTimers()
  room = new FakeRoom()
})
afterEach(async () => {
  await room.stages.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Ends a page's connection as the websocket does. */
const drop = (page: FakePage) => page.session.onClose()
const place = (page: FakePage) => room.stage.roster.person(page.id).place

describe('frames', () => {
  test.each([
    ['{', null],
    ['[]', null],
    ['{"id":"x","type":"join"}', null],
    ['{"id":4,"type":"nothing"}', 4],
    ['{"id":4,"type":"chat","text":""}', 4],
    ['{"id":4,"type":"leave","more":1}', 4],
  ])('%s is answered with BAD_REQUEST', async (text, id) => {
    const page = room.page()
    page.session.onMessage(text)
    expect(page.frames).toMatchObject([{ id, ok: false, error: { code: 'BAD_REQUEST' } }])
    expect(page.closedWith).toBeNull()
    await drop(page)
  })

  test('the third bad frame ends the connection, and so does a flood of requests', async () => {
    const page = room.page()
    for (let count = 0; count < 3; count += 1) page.session.onMessage('{')
    expect(page.closedWith).toEqual([4001, 'too many bad frames'])
    await drop(page)
    const other = room.page()
    for (let id = 0; id < 65; id += 1) other.session.onMessage(JSON.stringify({ id, type: 'snapshot' }))
    expect(other.closedWith).toEqual([4001, 'too many requests'])
    await drop(other)
  })

  test('a page of another version is asked to reload', async () => {
    const page = room.page()
    expect(await page.ask('join', { protocol: 2, name: 'G', as: 'guest' })).toBe('UNSUPPORTED_PROTOCOL')
    expect(room.stages.get('talk')).toBeUndefined()
    await drop(page)
  })

  test('nothing but join is possible before join, and a second join is refused', async () => {
    const page = room.page()
    for (const type of ['snapshot', 'openMedia', 'leave', 'goLive']) {
      expect(await page.ask(type)).toBe('WRONG_STATE')
    }
    await page.join('G', 'guest')
    expect(await page.join('G', 'guest')).toBe('WRONG_STATE')
    await drop(page)
  })

  test('one who does not join is disconnected', async () => {
    const page = room.page()
    vi.advanceTimersByTime(10_000)
    expect(page.closedWith).toEqual([4001, 'no join'])
    await drop(page)
  })
})

describe('who may do what', () => {
  const fields: Record<string, object> = {
    place: { place: 'stage' },
    setRole: { role: 'cohost' },
    layout: { layout: { mode: 'grid', main: null, free: [] } },
    banner: { text: 'Mine' },
    lock: { locked: true },
  }
  test.each([...hostRequests])('a guest may not %s', async (type) => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    const before = room.stage.roster.snapshot()
    const person = ['layout', 'banner', 'lock', 'goLive', 'endShow'].includes(type)
      ? {}
      : { personId: host.id }
    expect(await guest.ask(type, { ...person, ...fields[type] })).toBe('NOT_A_HOST')
    expect(room.stage.roster.snapshot()).toEqual(before)
    expect(room.programmes).toEqual([])
  })

  test('a co-host directs, but changes no roles; hosts are neither removed nor demoted', async () => {
    const host = await room.person('H', 'host')
    const other = await room.person('H2', 'host')
    const cohost = await room.person('C', 'guest', host)
    expect(await host.ask('setRole', { personId: cohost.id, role: 'cohost' })).toEqual({})
    expect(await cohost.ask('place', { personId: other.id, place: 'stage' })).toEqual({})
    expect(await cohost.ask('setRole', { personId: cohost.id, role: 'guest' })).toBe('NOT_A_HOST')
    expect(await cohost.ask('remove', { personId: other.id })).toBe('NOT_A_HOST')
    expect(await host.ask('setRole', { personId: other.id, role: 'guest' })).toBe('NOT_A_HOST')
  })

  test('what is asked of one who is not there is NOT_FOUND', async () => {
    const host = await room.person('H', 'host')
    for (const type of ['mute', 'askUnmute', 'remove']) {
      expect(await host.ask(type, { personId: 'gone' })).toBe('NOT_FOUND')
    }
  })
})

describe('a person who waits', () => {
  test('gets nothing of the room: no people, chat, levels, layout, programme, media', async () => {
    const host = await room.person('Secret host', 'host')
    await host.ask('chat', { text: 'secret words' })
    await host.ask('banner', { text: 'secret banner' })
    await host.ask('layout', { layout: { mode: 'solo', main: `${host.id}:camera`, free: [] } })
    const guest = room.page()
    await guest.join('G', 'guest')
    await host.ask('place', { personId: host.id, place: 'stage' })
    await host.ask('goLive')
    const stats = { levels: { [`${host.id}:camera`]: 1 }, speaker: `${host.id}:camera` }
    room.programmes[0]?.options.onStats({ ...noStats, ...stats })
    await host.ask('chat', { text: 'secret words' })
    for (const [type, more] of [
      ['openMedia', {}],
      ['chat', { text: 'hello' }],
      ['consume', { personId: host.id, source: 'camera' }],
      ['produce', { source: 'camera', rtpParameters: {} }],
    ] as const) {
      expect(['WRONG_STATE', 'NOT_FOUND']).toContain(await guest.ask(type, more))
    }
    await guest.ask('snapshot')
    const seen = JSON.stringify(guest.frames)
    expect(seen).not.toContain('ecret')
    expect(seen).not.toContain(host.id)
    expect(guest.notices('levels')).toEqual([])
    expect(host.notices('levels')).toEqual([{ type: 'levels', levels: { [host.id]: 1 } }])
    expect(host.notices('chat')).toHaveLength(2)
  })

  test('gets all of it once let in', async () => {
    const host = await room.person('H', 'host')
    await host.ask('chat', { text: 'hello' })
    const guest = room.page()
    await guest.join('G', 'guest')
    await host.ask('place', { personId: guest.id, place: 'backstage' })
    expect(await guest.ask('snapshot')).toMatchObject({
      snapshot: { people: [{ id: host.id }, { id: guest.id }] },
      chat: [{ text: 'hello' }],
    })
  })
})

const noStats = {
  ...{ levels: {}, speaker: null, delaysMs: {}, decoders: {}, encoderPid: null, encoderFailures: 0 },
  ...{ pictures: 0, skippedPictures: 0, composeMs: { median: 0, worst: 0 } },
}

describe("a host's mute", () => {
  test('pauses all sound of the person, and no request of theirs undoes it', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    const peer = room.peer(1)
    await host.ask('mute', { personId: guest.id })
    expect(peer.track('microphone')?.paused).toBe(true)
    expect(await guest.ask('pause', { source: 'microphone', paused: false })).toBe('WRONG_STATE')
    for (const source of ['microphone', 'screen-audio']) {
      await guest.ask('unproduce', { source })
      await guest.ask('produce', { source, rtpParameters: {} })
      expect(peer.track(source)?.paused).toBe(true)
    }
    // Neither does a new connection into the seat.
    await drop(guest)
    const again = room.page()
    await again.join('G', 'guest', { seatToken: guest.seatToken })
    await again.ask('openMedia')
    await again.ask('produce', { source: 'microphone', rtpParameters: {} })
    expect(room.peer(2).track('microphone')?.paused).toBe(true)
    expect(room.stage.roster.person(guest.id)).toMatchObject({
      muted: true,
      sources: [{ source: 'microphone', paused: true }],
    })
  })

  test('holds for a microphone that the SFU is just making', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    const peer = room.peer(1)
    peer.unproduce('microphone')
    peer.whileProducing = () => room.stage.mute(guest.id)
    await guest.ask('produce', { source: 'microphone', rtpParameters: {} })
    expect(peer.track('microphone')?.paused).toBe(true)
  })

  test('ends when the person unmutes, which a host has to ask for', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    await host.ask('mute', { personId: guest.id })
    await host.ask('askUnmute', { personId: guest.id })
    expect(guest.notices('askUnmute')).toHaveLength(1)
    // Not by the host's word alone.
    expect(room.peer(1).track('microphone')?.paused).toBe(true)
    expect(await guest.ask('pause', { source: 'microphone', paused: false })).toEqual({})
    expect(room.peer(1).track('microphone')?.paused).toBe(false)
  })
})

test('stopping a screen ends it with its sound, and leaves the camera', async () => {
  const host = await room.person('H', 'host')
  const guest = await room.person('G', 'guest', host)
  for (const source of ['screen', 'screen-audio']) await guest.ask('produce', { source, rtpParameters: {} })
  await host.ask('stopScreen', { personId: guest.id })
  expect([...room.peer(1).tracks.keys()]).toEqual(['camera', 'microphone'])
  expect(room.stage.roster.person(guest.id).sources.map(({ source }) => source)).toEqual([
    'camera',
    'microphone',
  ])
  expect(guest.notices('sourceEnded')).toHaveLength(2)
})

describe('a removed person', () => {
  const spec = { role: 'guest' as const, label: '', expiresAtMs: null }
  test('loses media and connection, and the seat lets them in no more', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    await host.ask('remove', { personId: guest.id })
    expect(room.peer(1).closed).toBe(true)
    expect(guest.closedWith).toEqual([4000, 'REMOVED'])
    expect(await guest.ask('chat', { text: 'still here' })).toBe('NOT_FOUND')
    await drop(guest)
    const again = room.page()
    expect(await again.join('G', 'guest', { seatToken: guest.seatToken })).toBe('REMOVED')
    await drop(again)
  })

  test.each([
    [{ ...spec, maxUses: 1 }, 'revoked'],
    [{ ...spec, maxUses: null, role: 'cohost' as const }, 'revoked'],
    [{ ...spec, maxUses: null }, 'kept for others'],
  ])('who came by %o: the invite is %s', async (invite, fate) => {
    room.closedDoor = true
    const host = await room.person('H', 'host')
    const { token } = room.invites.create('talk', invite)
    const guest = room.page()
    expect(await guest.join('G', 'guest')).toBe('NOT_INVITED')
    expect(await guest.join('G', 'guest', { invite: token })).toMatchObject({ personId: guest.id })
    await host.ask('remove', { personId: guest.id })
    const again = room.page()
    const reply = await again.join('G', 'guest', { invite: token })
    if (fate === 'revoked') {
      expect(reply).toBe('NOT_INVITED')
      expect(room.invites.list('talk')).toEqual([])
    } else {
      // They wait, like anyone with this link, until a host lets them in.
      expect(place(again)).toBe('waiting')
    }
    await drop(again)
  })
})

test('an invite is used by coming in, not by being refused, and not again for the same seat', async () => {
  room.closedDoor = true
  const host = await room.person('H', 'host')
  const { token } = room.invites.create('talk', { role: 'guest', label: '', expiresAtMs: null, maxUses: 1 })
  await host.ask('lock', { locked: true })
  const early = room.page()
  expect(await early.join('G', 'guest', { invite: token })).toBe('STAGE_LOCKED')
  await drop(early)
  await host.ask('lock', { locked: false })
  const guest = room.page()
  await guest.join('G', 'guest', { invite: token })
  await drop(guest)
  const again = room.page()
  const { seatToken } = guest
  expect(await again.join('G', 'guest', { invite: token, seatToken })).toMatchObject({ personId: guest.id })
  expect(room.invites.list('talk')).toMatchObject([{ uses: 1 }])
  const other = room.page()
  expect(await other.join('O', 'guest', { invite: token })).toBe('NOT_INVITED')
  await drop(other)
})

describe('a connection that breaks', () => {
  test('keeps the seat for 20 s, with its place and without media', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    await host.ask('place', { personId: guest.id, place: 'stage' })
    await drop(guest)
    expect(room.peer(1).closed).toBe(true)
    expect(room.stage.roster.person(guest.id)).toMatchObject({
      connected: false,
      place: 'stage',
      sources: [],
    })
    vi.advanceTimersByTime(19_000)
    const again = room.page()
    expect(await again.join('G', 'guest', { seatToken: guest.seatToken })).toMatchObject({
      personId: guest.id,
    })
    vi.advanceTimersByTime(60_000)
    expect(place(again)).toBe('stage')
    await drop(again)
    vi.advanceTimersByTime(20_000)
    expect(room.stage.roster.people.map(({ id }) => id)).toEqual([host.id])
  })

  test('a second connection into a seat ends the first, whose end then changes nothing', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    const again = room.page()
    await again.join('G', 'guest', { seatToken: guest.seatToken })
    expect(guest.closedWith).toEqual([4000, 'STREAM_TAKEN'])
    expect(room.peer(1).closed).toBe(true)
    expect(room.stage.roster.person(guest.id).sources).toEqual([])
    await drop(guest)
    expect(room.stage.roster.person(guest.id).connected).toBe(true)
  })

  test('a person who goes while the SFU makes the transports leaves no transport behind', async () => {
    const host = await room.person('H', 'host')
    const guest = room.page()
    await guest.join('G', 'guest')
    await host.ask('place', { personId: guest.id, place: 'backstage' })
    room.whileOpening = () => room.stage.remove(guest.id)
    expect(await guest.ask('openMedia')).toBe('CONNECTION_LOST')
    expect(room.peer(1).closed).toBe(true)
  })
})

test('when the worker dies, all are asked to come back, into a new router, and the show goes on', async () => {
  const host = await room.person('H', 'host')
  await host.ask('place', { personId: host.id, place: 'stage' })
  await host.ask('goLive')
  room.workerDeaths[0]?.()
  expect(host.notices('ended')).toMatchObject([{ error: { code: 'WORKER_DIED' }, retry: true }])
  await drop(host)
  const again = room.page()
  await again.join('H', 'host', { seatToken: host.seatToken })
  await again.ask('openMedia')
  await again.ask('produce', { source: 'camera', rtpParameters: {} })
  expect(room.workerDeaths).toHaveLength(2)
  const [programme] = room.programmes
  expect(programme?.closed).toBe(false)
  expect(programme?.inputs[0]?.tracks).toHaveLength(1)
  expect(await programme?.options.mediaRouter()).toBe(await room.stage.media.router())
})

describe('who receives whom', () => {
  test('the stage does not hear those backstage, also after a move', async () => {
    const host = await room.person('H', 'host')
    const guest = await room.person('G', 'guest', host)
    const hear = (page: FakePage, from: FakePage) =>
      page.ask('consume', { personId: from.id, source: 'microphone' })
    expect(await hear(host, guest)).toMatchObject({ kind: 'video' })
    await host.ask('place', { personId: host.id, place: 'stage' })
    expect([...room.peer(0).consumed]).toEqual([])
    expect(await hear(host, guest)).toBe('NOT_FOUND')
    expect(await hear(guest, host)).toMatchObject({ producerId: 'microphone-2' })
    expect(await hear(host, host)).toBe('NOT_FOUND')
  })
})

describe('the show', () => {
  test('starts once, shows who is on stage, and ends', async () => {
    const host = await room.person('H', 'host')
    await host.ask('place', { personId: host.id, place: 'stage' })
    expect(await host.ask('goLive')).toEqual({})
    expect(await host.ask('goLive')).toEqual({})
    expect(room.programmes).toHaveLength(1)
    expect(room.programmes[0]?.inputs.map(({ id }) => id)).toEqual([`${host.id}:camera`, `${host.id}:screen`])
    await host.ask('place', { personId: host.id, place: 'backstage' })
    expect(room.programmes[0]?.inputs).toEqual([])
    await host.ask('endShow')
    expect(room.programmes[0]?.closed).toBe(true)
    expect(room.stage.roster.programme.state).toBe('off')
  })

  test('is refused when the gateway is busy, and tells the room when it breaks', async () => {
    const host = await room.person('H', 'host')
    room.busy = new GatewayError('GATEWAY_BUSY', 'No CPU is left.')
    expect(await host.ask('goLive')).toBe('GATEWAY_BUSY')
    room.busy = null
    await host.ask('goLive')
    room.programmes[0]?.options.onEnd(new GatewayError('INTERNAL', 'The mixer broke down.'))
    expect(room.stage.roster.programme).toMatchObject({ state: 'failed', error: 'The mixer broke down.' })
    await host.ask('goLive')
    expect(room.programmes).toHaveLength(2)
  })

  test('ends with the last person, and so does the router', async () => {
    const host = await room.person('H', 'host')
    await host.ask('goLive')
    await host.ask('leave')
    await vi.waitFor(() => expect(room.routersClosed).toBe(1))
    expect(room.programmes[0]?.closed).toBe(true)
    expect(room.stages.get('talk')).toBeUndefined()
    expect(room.peers.every(({ closed }) => closed)).toBe(true)
  })
})

describe('chat', () => {
  const person = { id: 'a', name: 'A' }
  test('keeps the last 200, and lets a person say five at once and one each second', () => {
    let nowMs = 0
    const chat = new ChatLog(() => nowMs)
    const say = (id: string) => chat.say({ ...person, id }, 'hello', 'now')
    for (let count = 0; count < 5; count += 1) say('a')
    expect(() => say('a')).toThrow('Wait a moment')
    expect(say('b').id).toBe(6)
    for (let count = 0; count < 205; count += 1) {
      nowMs += 1_000
      say('a')
    }
    expect(chat.messages).toHaveLength(200)
    expect(chat.messages[0]).toMatchObject({ id: 12, personId: 'a', name: 'A' })
  })

  test('a new connection gives no new allowance', async () => {
    const host = await room.person('H', 'host')
    for (let count = 0; count < 5; count += 1) await host.ask('chat', { text: 'spam' })
    await drop(host)
    const again = room.page()
    await again.join('H', 'host', { seatToken: host.seatToken })
    expect(await again.ask('chat', { text: 'spam' })).toBe('TOO_MANY_REQUESTS')
  })
})
