import { expect, test } from 'vitest'
import { figuresBetween, sampleOf } from '../../../player/src/publish/view/figures.ts'

function stats(bytes: number, packets: number, lost: number): Record<string, unknown>[] {
  return [
    { type: 'outbound-rtp', kind: 'audio', bytesSent: 1000, packetsSent: 10 },
    {
      type: 'outbound-rtp',
      kind: 'video',
      bytesSent: bytes,
      headerBytesSent: 500,
      packetsSent: packets,
      framesPerSecond: 30,
      frameWidth: 1280,
      frameHeight: 720,
      qualityLimitationReason: 'cpu',
    },
    { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.042 },
    { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    { type: 'codec' },
  ]
}

test('adds up what goes out', () => {
  expect(sampleOf(stats(9000, 90, 3), 5)).toEqual({
    atMs: 5,
    bytesSent: 10_500,
    packetsSent: 100,
    packetsLost: 3,
    framesPerSecond: 30,
    width: 1280,
    height: 720,
    roundTripMs: 42,
    limitedBy: 'cpu',
  })
})

test('says what happened between two looks', () => {
  const before = sampleOf(stats(10_000, 90, 3), 0)
  const after = sampleOf(stats(260_000, 290, 13), 1000)
  expect(figuresBetween(before, after)).toEqual({
    bitrateBps: 2_000_000,
    framesPerSecond: 30,
    width: 1280,
    height: 720,
    roundTripMs: 42,
    loss: 0.05,
    limitedBy: 'cpu',
  })
})

test('a new connection counts from 0 again', () => {
  const before = sampleOf(stats(10_000, 90, 3), 0)
  expect(figuresBetween(before, sampleOf([], 1000))).toBeNull()
  expect(figuresBetween(before, before)).toBeNull()
})
