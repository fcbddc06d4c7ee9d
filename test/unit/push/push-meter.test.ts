import { describe, expect, test } from 'vitest'
import { PushMeter } from '../../../src/push/push-meter.ts'

const report = (totalBytes: number) => ({ totalBytes, outSeconds: null })

describe('PushMeter', () => {
  test('is live when ffmpeg sent more than a header: then the server accepted the stream', () => {
    const meter = new PushMeter(0)
    meter.arrived(6_000, 300)
    meter.report(report(440), 400)
    expect(meter).toMatchObject({ live: false, movedForMs: 0 })
    expect(meter.liveness(500)).toBe('connecting')
    meter.report(report(60_000), 900)
    expect(meter).toMatchObject({ live: true, movedForMs: 0 })
    expect(meter.liveness(1_000)).toBe('live')
  })

  test('stalls when ffmpeg goes on sending and nothing arrives', () => {
    const meter = new PushMeter(0)
    for (let second = 1; second <= 20; second += 1) {
      const nowMs = second * 1_000
      meter.offered(1, 100_000, nowMs)
      meter.report(report(second * 100_000), nowMs)
      meter.arrived(Math.min(second, 3) * 100_000, nowMs)
    }
    expect(meter).toMatchObject({ movedForMs: 2_000, arrivedBytes: 300_000 })
    expect(meter.liveness(6_000)).toBe('live')
    expect(meter.liveness(6_500)).toBe('stalled')
    expect(meter.liveness(13_500)).toBe('dead')
  })

  test('forgets what was offered as soon as bytes arrive', () => {
    const meter = new PushMeter(0)
    meter.report(report(100_000), 1_000)
    meter.offered(30, 3_000_000, 2_000)
    meter.arrived(100_001, 31_000)
    expect(meter.liveness(60_000)).toBe('live')
  })

  test('never counts down: what TLS adds is in the queue, but not in the count', () => {
    const meter = new PushMeter(0)
    meter.arrived(100_000, 1_000)
    meter.arrived(99_900, 1_500)
    expect(meter.arrivedBytes).toBe(100_000)
  })

  test('tells the bitrates of the last seconds', () => {
    const meter = new PushMeter(0)
    for (let second = 1; second <= 8; second += 1) {
      meter.arrived(second * 125_000, second * 1_000)
      meter.offered(1, 250_000, second * 1_000)
    }
    expect(meter.bitrateBps(8_000)).toBe(1_000_000)
    expect(meter.offeredBytesPerSecond(8_000)).toBe(250_000)
  })
})
