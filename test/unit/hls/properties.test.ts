import { isDeepStrictEqual } from 'node:util'
import { types as hls, parse } from 'hls-parser'
import { Parser } from 'm3u8-parser'
import { describe, expect, test } from 'vitest'
import type { Fragment } from '../../../src/feed/fragment.ts'
import type { PlaylistVersion } from '../../../src/hls/playlist-version.ts'
import { Segmenter } from '../../../src/hls/segmenter.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { makeSamples } from '../../support/make-media.ts'
import { randomOf } from '../../support/random-of.ts'
import { bodyOf, hlsResource, playlistText } from './hls-resource.ts'
import { randomFragments } from './random-fragments.ts'

/** moof + mdat with one sample of 4 bytes. */
const partBytes = 112

type Line = { uri: string; seconds: number; discontinuity: number; map: string }

/** What a player gets out of a media playlist by RFC 8216, read without any of our code. */
function readPlaylist(text: string) {
  const lines: Line[] = []
  const number = (tag: string) => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1])
  let discontinuity = number('EXT-X-DISCONTINUITY-SEQUENCE')
  let [map, seconds] = ['', Number.NaN]
  for (const line of text.trim().split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') {
      discontinuity += 1
      map = ''
    }
    map = /^#EXT-X-MAP:URI="(.*)"$/.exec(line)?.[1] ?? map
    seconds = Number(/^#EXTINF:([\d.]+),$/.exec(line)?.[1] ?? seconds)
    if (!line.startsWith('#')) lines.push({ uri: line, seconds, discontinuity, map })
  }
  return {
    lines,
    targetDuration: number('EXT-X-TARGETDURATION'),
    mediaSequence: number('EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: number('EXT-X-DISCONTINUITY-SEQUENCE'),
    ended: text.trimEnd().endsWith('#EXT-X-ENDLIST'),
  }
}

type Playlist = ReturnType<typeof readPlaylist>

/** The playlist as two independent parsers understand it. */
function checkWithParsers(text: string, own: Playlist): void {
  const parsed = parse(text)
  if (!(parsed instanceof hls.MediaPlaylist)) throw new Error('not a media playlist')
  expect(parsed.segments.map(({ uri }) => uri)).toEqual(own.lines.map(({ uri }) => uri))
  expect(parsed.segments.map((segment) => segment.map?.uri)).toEqual(own.lines.map(({ map }) => map))
  expect(parsed.targetDuration).toBe(own.targetDuration)
  expect(parsed.mediaSequenceBase).toBe(own.mediaSequence)
  expect(parsed.discontinuitySequenceBase).toBe(own.discontinuitySequence)
  expect(parsed.endlist).toBe(own.ended)
  const parser = new Parser()
  parser.push(text)
  parser.end()
  const { manifest } = parser
  expect(manifest.mediaSequence).toBe(own.mediaSequence)
  expect(manifest.discontinuitySequence).toBe(own.discontinuitySequence)
  expect(manifest.segments.map(({ timeline }) => timeline)).toEqual(
    own.lines.map((line) => line.discontinuity),
  )
  expect(manifest.segments.map(({ duration }) => duration)).toEqual(
    // That parser takes 0.01 s for a segment without length.
    own.lines.map(({ seconds }) => (seconds === 0 ? 0.01 : seconds)),
  )
}

/** Tens of thousands of `expect` take seconds. */
function must(holds: boolean, what: string, ...shown: unknown[]): void {
  if (!holds) throw new Error(`wrong: ${what} ${JSON.stringify(shown)}`)
}

/** What must hold between a playlist and the next one (RFC 8216 sections 6.2.1, 6.2.2). */
function checkSuccessor(before: Playlist, after: Playlist): void {
  const removed = after.mediaSequence - before.mediaSequence
  must(after.targetDuration === before.targetDuration && removed >= 0, 'the numbers of', before, after)
  before.lines.slice(removed).forEach((line, index) => {
    must(isDeepStrictEqual(after.lines[index], line), `line ${index} of`, before, after)
  })
}

function play(fragments: readonly Fragment[], seed: number): void {
  const random = randomOf(seed * 7919)
  const segmentSeconds = [1, 1.5, 2, 4][seed % 4] ?? 2
  const windowSeconds = [6, 12, 30][seed % 3] ?? 12
  const maxBytes = random() < 0.3 ? 60_000 : 10_000_000
  let nowMs = 0
  const store = new HlsStore({ stream: 's', segmentSeconds, windowSeconds, maxBytes, nowMs: () => nowMs })
  let before: Playlist | undefined
  const roomy = maxBytes > 1_000_000
  /** Until when section 6.2.2 demands each path. */
  const demandedUntilMs = new Map<string, number>()

  let version: PlaylistVersion | undefined

  const check = () => {
    if (store.snapshot().bufferedBytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
    if (store.version() === version) return
    version = store.version()
    const text = playlistText(store)
    const after = readPlaylist(text)
    if (before) checkSuccessor(before, after)
    before = after
    const listSeconds = after.lines.reduce((sum, { seconds }) => sum + seconds, 0)
    for (const line of after.lines) {
      const known = roomy && demandedUntilMs.has(line.uri)
      if (!known) hlsResource(store, line.uri)
      if (line.map !== line.uri.replace(/[^/]*$/, 'init.mp4'))
        throw new Error(`${line.uri} has map ${line.map}`)
      if (!known) hlsResource(store, line.map)
      const untilMs = nowMs + (line.seconds + listSeconds) * 1000
      demandedUntilMs.set(line.uri, Math.max(untilMs, demandedUntilMs.get(line.uri) ?? 0))
    }
    const longest = Math.max(...after.lines.map(({ seconds }) => Math.round(seconds)))
    must(longest <= after.targetDuration, 'longest segment', longest, after)
    const isLong = listSeconds >= 3 * after.targetDuration
    must(!roomy || after.mediaSequence === 0 || isLong, 'length of', after)
    if (random() < 0.1) checkWithParsers(text, after)
  }

  /** What is there at the last moment of the demand was there before: names do not come back. */
  const checkDemands = (untilNowMs: number) => {
    for (const [uri, untilMs] of demandedUntilMs) {
      if (untilMs > untilNowMs) continue
      if (roomy) hlsResource(store, uri)
      demandedUntilMs.delete(uri)
    }
  }

  for (const fragment of fragments) {
    checkDemands(nowMs + fragment.durationSeconds * 1000)
    nowMs += fragment.durationSeconds * 1000
    store.onFragment(fragment)
    check()
  }
  store.onEnd()
  check()
  checkDemands(Number.POSITIVE_INFINITY)
  if (before) expect(before.ended).toBe(true)
}

describe('whatever fragments come', () => {
  test.each(Array.from({ length: 30 }, (_, batch) => [batch * 10]))(
    'playlists keep the rules, seeds from %d',
    (from) => {
      for (let seed = from; seed < from + 10; seed += 1) play(randomFragments(seed, 300), seed)
    },
  )

  test('segments hold every fragment from a keyframe on, once, in order', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const segmenter = new Segmenter({ segmentSeconds: 2 })
      // The only sample of each fragment is its number.
      const fragments = randomFragments(seed, 300).map((fragment) => {
        const data = Buffer.alloc(4)
        data.writeUInt32BE(fragment.number)
        const samples = makeSamples([data])
        const video = fragment.epoch.renditions.map(() => samples)
        return { ...fragment, audio: video.length > 0 ? [] : samples, video }
      })
      const finished = [...fragments.flatMap((fragment) => segmenter.push(fragment)), segmenter.finish()]
      const segments = finished.filter((segment) => segment !== undefined)
      let [next, waiting] = [0, true]
      segments.forEach((segment, index) => {
        must(segment.mediaSequence === index, 'media sequence', segment.mediaSequence, index)
        if (segment.discontinuity || index === 0) waiting = true
        // The number is the last thing in each part.
        const held = segment.parts.map(({ files }) => bodyOf(files.get('v0')).readUInt32BE(partBytes - 4))
        must(bodyOf(segment.files.get('v0')).length === partBytes * held.length, 'bytes of', seed, index)
        if (waiting) {
          // What was left out in front can't be decoded.
          const [first = next] = held
          must(
            segment.independent && !fragments.slice(next, first).some(({ keyframe }) => keyframe),
            'start',
            seed,
          )
          next = first
          waiting = false
        }
        const whole = held.every(
          (number, at) => number === next + at && fragments[number]?.epoch === segment.epoch,
        )
        must(whole && segment.independent === fragments[next]?.keyframe, 'segment', seed, index, held)
        next += held.length
      })
    }
  })
})
