import { describe, expect, test } from 'vitest'
import { isTooBad, type RealtimeSample } from '../../../player/src/watch/playback/realtime-health.ts'
import { iceServersOf, withGatewayExtensions } from '../../../player/src/watch/playback/whep-offer.ts'
import { shouldLoadRealtime } from '../../../player/src/watch/should-load.ts'
import { firstLatencyMode } from '../../../player/src/watch/view/latency-mode.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { offerOf } from '../../support/offers.ts'

test('an offer asks for header extensions under the numbers of the gateway', () => {
  const offer = withGatewayExtensions(offerOf('chromium-watch'))
  const extensions = [...offer.matchAll(/a=extmap:(.*)\r\n/g)].map(([, text]) => text)
  const both = [
    '4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    '5 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    '1 urn:ietf:params:rtp-hdrext:sdes:mid',
  ]
  expect(extensions).toEqual([...both, ...both])
  const without = (text: string) => text.replace(/a=extmap:.*\r\n/g, '')
  expect(without(offer)).toBe(without(offerOf('chromium-watch')))
})

test.each([
  { link: null, servers: [] },
  { link: '<https://example.org>; rel="next"', servers: [] },
  {
    link: '<stun:a:3478>; rel="ice-server", <turn:b:3478?transport=udp>; rel="ice-server"; username="1:x"; credential="p+/="; credential-type="password"',
    servers: [
      { urls: 'stun:a:3478' },
      { urls: 'turn:b:3478?transport=udp', username: '1:x', credential: 'p+/=' },
    ],
  },
])('ICE servers of $link', ({ link, servers }) => {
  expect(iceServersOf(link)).toEqual(servers)
})

describe('real time is given up', () => {
  const samples = (count: number, each: (second: number) => Partial<RealtimeSample>): RealtimeSample[] =>
    Array.from({ length: count }, (_, second) => ({
      atMs: second * 1_000,
      packetsReceived: second * 200,
      packetsLost: 0,
      freezeSeconds: 0,
      ...each(second),
    }))
  test.each([
    { what: 'never for a good picture', bad: false, list: samples(15, () => ({})) },
    { what: 'at 20 % loss', bad: true, list: samples(11, (second) => ({ packetsLost: second * 50 })) },
    { what: 'not at 5 %', bad: false, list: samples(15, (second) => ({ packetsLost: second * 10 })) },
    {
      what: 'not before it was seen for long',
      bad: false,
      list: samples(5, (second) => ({ packetsLost: second * 50 })),
    },
    { what: 'not for loss that is over', bad: false, list: samples(15, () => ({ packetsLost: 500 })) },
    {
      what: 'when the picture stands still',
      bad: true,
      list: samples(11, (second) => ({ freezeSeconds: second / 2 })),
    },
    {
      what: 'not for a few packets of sound',
      bad: false,
      list: samples(11, (second) => ({ packetsReceived: second, packetsLost: second })),
    },
    { what: 'not without samples', bad: false, list: [] },
  ])('$what', ({ list, bad }) => expect(isTooBad(list)).toBe(bad))
})

test.each([
  { state: 'live', active: true, load: true },
  { state: 'starting', active: true, load: true },
  { state: 'interrupted', active: false, load: false },
  { state: 'idle', active: true, load: false },
] as const)('real time is begun when $state with media $active: $load', ({ state, active, load }) => {
  const stream = {
    state,
    tracks: [{ kind: 'audio', codec: 'audio/opus', active }],
  } as Partial<StreamSnapshot>
  expect(shouldLoadRealtime(stream as StreamSnapshot)).toBe(load)
})

test('the address chooses the mode', () => {
  expect(firstLatencyMode('?mode=realtime')).toBe('realtime')
  expect(firstLatencyMode('?mode=nonsense')).toBe('lowest')
})
