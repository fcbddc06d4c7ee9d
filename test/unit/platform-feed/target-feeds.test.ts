import { expect, test } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import { TargetFeeds } from '../../../src/platform-feed/target-feeds.ts'
import { TranscodeSlots } from '../../../src/transcode-slots.ts'

const settings = {
  segmentSeconds: 2,
  partSeconds: 0.2,
  lowLatency: true,
  transcodeWidth: 1280,
  transcodeHeight: 720,
  transcodeFramesPerSecond: 30,
  transcodeBitrateBps: 1_000_000,
  transcodePreset: 'superfast',
  audioBitrateBps: 128_000,
} as const

function feeds() {
  const source = new Feed({ maxSeconds: 9, maxBytes: 999 })
  const made = new TargetFeeds({
    source,
    settings,
    ffmpegBinary: 'ffmpeg',
    transcodes: new TranscodeSlots(1),
    log: createLog({ level: 'silent', pretty: false }),
  })
  return { source, made }
}

test('an RTMP server gets the stream as it is', async () => {
  const { source, made } = feeds()
  const target = made.open('rtmp')
  expect(target.feed).toBe(source)
  expect(target.transcode()).toEqual({ mode: 'copy', reasons: [] })
  await target.close()
})

test('platforms share one feed until the last one has left it, however often each one leaves', async () => {
  const { source, made } = feeds()
  const one = made.open('youtube')
  const other = made.open('youtube')
  expect(one.feed).not.toBe(source)
  expect(other.feed).toBe(one.feed)
  await one.close()
  await one.close()
  expect(one.feed.ended).toBe(false)
  const third = made.open('youtube')
  expect(third.feed).toBe(one.feed)
  await other.close()
  await third.close()
  const fresh = made.open('youtube')
  expect(fresh.feed).not.toBe(one.feed)
  await fresh.close()
})
