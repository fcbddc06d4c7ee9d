import { describe, expect, test } from 'vitest'
import { PushMeter } from '../../../src/restream/push-meter.ts'

const report = (totalBytes: number) => ({ totalBytes, outSeconds: null })

describe('PushMeter', () => {
  test('is live when more than a header has left', () => {
    const meter = new PushMeter(0)
    meter.report(report(440), 400)
    expect(meter).toMatchObject({ live: false, movedForMs: 0 })
    expect(meter.liveness(500)).toBe('connecting')
    meter.report(report(60_000), 900)
    expect(meter).toMatchObject({ live: true, movedForMs: 0 })
    expect(meter.liveness(1_000)).toBe('live')
  })

  test('is stalled when reports go on and bytes do not', () => {
    const meter = new PushMeter(0)
    for (let second = 1; second <= 20; second += 1) {
      meter.offered(1)
      meter.report(report(second <= 3 ? second * 100_000 : 300_000), second * 1_000)
    }
    expect(meter.movedForMs).toBe(2_000)
    expect(meter.liveness(13_000)).toBe('live')
    expect(meter.liveness(13_500)).toBe('stalled')
  })

  test('forgets what was offered as soon as bytes move', () => {
    const meter = new PushMeter(0)
    meter.report(report(100_000), 1_000)
    meter.offered(30)
    meter.report(report(100_001), 31_000)
    expect(meter.liveness(60_000)).toBe('live')
  })

  test('tells the bitrate of the last seconds', () => {
    const meter = new PushMeter(0)
    for (let second = 1; second <= 8; second += 1) meter.report(report(second * 125_000), second * 1_000)
    expect(meter.bitrateBps(8_000)).toBe(1_000_000)
  })
})
