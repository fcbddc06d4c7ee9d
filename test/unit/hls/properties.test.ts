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

/** What must hold between a playlist and the next one (RFC 8216 sections 6.2.1, 6.2.2). */
function checkSuccessor(before: Playlist, after: Playlist): void {
  expect(after.targetDuration).toBe(before.targetDuration)
  const removed = after.mediaSequence - before.mediaSequence
  expect(removed).toBeGreaterThanOrEqual(0)
  const kept = before.lines.slice(removed)
  expect(after.lines.slice(0, kept.length)).toEqual(kept)
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
    for (const [uri, untilMs] of roomy ? demandedUntilMs : []) {
      if (nowMs < untilMs) hlsResource(store, uri)
      else demandedUntilMs.delete(uri)
    }
    if (store.version() === version) return
    version = store.version()
    const text = playlistText(store)
    const after = readPlaylist(text)
    if (before) checkSuccessor(before, after)
    before = after
    const listSeconds = after.lines.reduce((sum, { seconds }) => sum + seconds, 0)
    for (const line of after.lines) {
      hlsResource(store, line.uri)
      if (line.map !== line.uri.replace(/[^/]*$/, 'init.mp4'))
        throw new Error(`${line.uri} has map ${line.map}`)
      hlsResource(store, line.map)
      const untilMs = nowMs + (line.seconds + listSeconds) * 1000
      demandedUntilMs.set(line.uri, Math.max(untilMs, demandedUntilMs.get(line.uri) ?? 0))
    }
    const longest = Math.max(...after.lines.map(({ seconds }) => Math.round(seconds)))
    expect(longest).toBeLessThanOrEqual(after.targetDuration)
    if (roomy && after.mediaSequence > 0) expect(listSeconds).toBeGreaterThanOrEqual(3 * after.targetDuration)
    if (random() < 0.1) checkWithParsers(text, after)
  }

  for (const fragment of fragments) {
    nowMs += fragment.durationSeconds * 1000
    store.onFragment(fragment)
    check()
  }
  store.onEnd()
  check()
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
        expect(segment.mediaSequence).toBe(index)
        if (segment.discontinuity || index === 0) waiting = true
        // The number is the last thing in each part.
        const held = segment.parts.map(({ files }) => bodyOf(files.get('v0')).readUInt32BE(partBytes - 4))
        expect(bodyOf(segment.files.get('v0'))).toHaveLength(partBytes * held.length)
        if (waiting) {
          // What was left out in front can't be decoded.
          const [first = next] = held
          expect(fragments.slice(next, first).every(({ keyframe }) => !keyframe)).toBe(true)
          expect(segment.independent).toBe(true)
          next = first
          waiting = false
        }
        expect(held).toEqual(held.map((_, at) => next + at))
        expect(held.every((number) => fragments[number]?.epoch === segment.epoch)).toBe(true)
        expect(segment.independent).toBe(fragments[next]?.keyframe)
        next += held.length
      })
    }
  })
})
