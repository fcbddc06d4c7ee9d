import fc from 'fast-check'
import { types as hls, parse } from 'hls-parser'
import { describe, expect, test } from 'vitest'
import type { Epoch } from '../../../src/feed/epoch.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { mp4Muxer, muxMp4 } from '../../../src/feed/muxer.ts'
import { hlsRequest } from '../../../src/hls/hls-request.ts'
import { servedRendition } from '../../../src/hls/renditions.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import {
  applyDelta,
  type ReadPlaylist,
  type ReadSegment,
  readMediaPlaylist,
} from '../../support/hls-rules/read-media-playlist.ts'
import { breaches, type Observation } from '../../support/hls-rules/rules.ts'
import { makeEpoch, makeRenditions, makeSamples } from '../../support/make-media.ts'
import { bodyOf, hlsBody, playlistText } from './hls-resource.ts'
import { drawn, makeFragment, startMs } from './make-fragments.ts'

const two = makeRenditions('e', 2)

function makeStore(fragments: readonly Fragment[]): HlsStore {
  const store = new HlsStore({
    stream: 'talk',
    segmentSeconds: 1,
    windowSeconds: 12,
    partTargetSeconds: 0.229,
    sessionId: 's',
  })
  for (const fragment of fragments) store.onFragment(fragment)
  return store
}

/** Fragments whose renditions hold different bytes, the first one ten times as many. */
function unequal(fragments: readonly Fragment[]): Fragment[] {
  return fragments.map((fragment) => ({
    ...fragment,
    audio: makeSamples([Buffer.from('audio')]),
    video: [9_000, 900].map((bytes, index) => makeSamples([Buffer.alloc(bytes, index + 1)])),
  }))
}

describe('two renditions', () => {
  const store = makeStore(unequal(drawn('K---- K---- K---- K-', two)))

  test('the multivariant playlist lists both, the best first, at one frame rate', () => {
    const playlist = parse(playlistText(store, 'index.m3u8'))
    if (!(playlist instanceof hls.MasterPlaylist)) throw new Error('it is no multivariant playlist')
    const [first, second, ...others] = playlist.variants
    expect(others).toEqual([])
    expect(first).toMatchObject({ uri: 'v0-s.m3u8', resolution: { width: 1280, height: 720 } })
    expect(second).toMatchObject({ uri: 'v1-s.m3u8', resolution: { width: 640, height: 360 } })
    for (const variant of [first, second]) {
      expect(variant).toMatchObject({ codecs: 'avc1.42e01f,mp4a.40.2', frameRate: 5 })
      expect(variant?.bandwidth).toBe(variant?.averageBandwidth)
    }
    // 5 parts a second of 9000 and 900 bytes of video, 5 of audio, and less than 250 around them.
    expect(first?.bandwidth).toBeGreaterThan(5 * 9_005 * 8)
    expect(first?.bandwidth).toBeLessThan(5 * 9_255 * 8)
    expect(second?.bandwidth).toBeGreaterThan(5 * 905 * 8)
    expect(second?.bandwidth).toBeLessThan(5 * 1_155 * 8)
  })

  test('their playlists differ in names only, and report each other', () => {
    const [v0, v1] = ['v0', 'v1'].map((id) => playlistText(store, `${id}-s.m3u8`))
    expect(v0?.replaceAll('/v0/', '/v1/').replace('URI="v1-s', 'URI="v0-s')).toBe(v1)
    expect(v0).toMatch(/\n#EXT-X-RENDITION-REPORT:URI="v1-s.m3u8",LAST-MSN=3,LAST-PART=1\n$/)
    expect(playlistText(store, 'v1.m3u8')).toBe(v1)
  })

  test('each has its own bytes, and the same audio', () => {
    const fragments = unequal(drawn('K---- K---- K---- K-', two))
    for (const [index, id] of ['v0', 'v1'].entries()) {
      expect(hlsBody(store, `e/${id}/init.mp4`)).toEqual(mp4Muxer(two, index).header)
      const parts = fragments.map((fragment) => muxMp4(fragment, index))
      expect(hlsBody(store, `e/${id}/p16.m4s`)).toEqual(parts[16])
      expect(hlsBody(store, `e/${id}/1.m4s`)).toEqual(Buffer.concat(parts.slice(5, 10)))
      expect(hlsBody(store, `e/${id}/1.m4s`).includes('audio')).toBe(true)
    }
    const bytes = fragments.flatMap((fragment) => [muxMp4(fragment, 0), muxMp4(fragment, 1)])
    expect(store.snapshot().bufferedBytes).toBe(Buffer.concat(bytes).length)
  })

  test('the announced part can be waited for in each', () => {
    const waiting = makeStore(drawn('K---- K--', two))
    const parts = ['v0', 'v1'].map((id) => hlsRequest(waiting, `e/${id}/p8.m4s`))
    expect(parts.map((part) => part())).toEqual([undefined, undefined])
    expect(hlsRequest(waiting, 'e/v2/p8.m4s')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    const [next] = unequal(drawn('K---- K---', two).slice(8))
    if (!next) throw new Error('there is no fragment')
    waiting.onFragment(next)
    expect(parts.map((part) => bodyOf(part()))).toEqual([muxMp4(next, 0), muxMp4(next, 1)])
  })
})

describe('a rendition that goes', () => {
  const after = (epoch: Epoch) => drawn('K---- K---- K', epoch).map((f) => ({ ...f, number: f.number + 12 }))

  test.each([
    { name: 'with the lower one', epoch: makeRenditions('f', 1), served: { v0: 'v0', v1: 'v0' } },
    { name: 'with all video', epoch: makeEpoch('f', { video: false }), served: { v0: 'v0', v1: 'v0' } },
    {
      name: 'while the lower one stays',
      epoch: { ...makeRenditions('f', 2), renditions: makeRenditions('f', 2).renditions.slice(1) },
      served: { v0: 'v1', v1: 'v1' },
    },
  ])('$name is substituted behind a discontinuity', ({ epoch, served }) => {
    const store = makeStore([...drawn('K---- K---- K-', two), ...after(epoch)])
    for (const [id, substitute] of Object.entries(served)) {
      const text = playlistText(store, `${id}-s.m3u8`)
      const [before, behind] = text.split('#EXT-X-DISCONTINUITY\n')
      expect(before).toContain(`\ne/${id}/1.m4s\n`)
      expect(behind).toMatch(new RegExp(`^#EXT-X-MAP:URI="f/${substitute}/init.mp4"\n`))
      expect(behind).toContain(`\nf/${substitute}/3.m4s\n`)
      expect(hlsBody(store, `f/${substitute}/3.m4s`).length).toBeGreaterThan(0)
    }
    const listed = [...playlistText(store, 'index.m3u8').matchAll(/^(v\d)-s\.m3u8$/gm)].map(([, id]) => id)
    expect(listed).toEqual([...new Set(Object.values(served))])
  })
})

test('the next lower one serves in its place, or else the lowest', () => {
  const epoch = makeRenditions('e', 4)
  const only = (...ids: string[]) => ({
    ...epoch,
    renditions: epoch.renditions.filter(({ id }) => ids.includes(id)),
  })
  expect(servedRendition(only('v0', 'v1', 'v2'), 'v1')).toBe('v1')
  expect(servedRendition(only('v0', 'v2', 'v3'), 'v1')).toBe('v2')
  expect(servedRendition(only('v0', 'v1'), 'v3')).toBe('v1')
  expect(servedRendition(only(), 'v3')).toBe('v0')
})

describe('whatever fragments come', () => {
  const epochs = Array.from({ length: 6 }, (_, run) =>
    [1, 2, 3].map((count) => makeRenditions(`e${run}`, count)),
  )

  /** What players of each rendition see, one answer for each fragment. */
  function watch(fragments: readonly Fragment[]): Map<string, Observation[]> {
    const seen = new Map<string, Observation[]>(['v0', 'v1', 'v2'].map((id) => [id, []]))
    const store = makeStore([])
    const look = (): void => {
      if (!store.version()) return
      const index = playlistText(store, 'index.m3u8').split('\n')
      const uris = index.filter((line) => line.endsWith('.m3u8'))
      for (const [id, observations] of seen) {
        if (!store.hasRendition(id)) continue
        const before = observations.at(-1)
        const query: Record<string, string> = before ? { _HLS_skip: 'YES' } : {}
        const raw = readMediaPlaylist(bodyOf(hlsRequest(store, `${id}-s.m3u8`, query)()).toString())
        const others = uris.filter((uri) => uri !== `${id}-s.m3u8`)
        const playlist = before ? applyDelta(before.playlist, raw) : raw
        observations.push({ atMs: 0, raw, playlist, others })
      }
    }
    for (const fragment of fragments) {
      store.onFragment(fragment)
      look()
    }
    store.onEnd()
    look()
    return seen
  }

  const timeline = ({ segments, open }: ReadPlaylist) =>
    [...segments, ...(open ? [open] : [])].map(
      ({ sequence, seconds, dateMs, discontinuitySequence, parts }: ReadSegment) => [
        ...[sequence, seconds, dateMs, discontinuitySequence],
        parts.map((part) => [part.seconds, part.independent]),
      ],
    )

  /** Runs of a packager: each has some renditions, keyframes in some distance, and perhaps a fragment that is too long. */
  const anyRuns = fc.array(
    fc.record({
      renditions: fc.integer({ min: 1, max: 3 }),
      cadence: fc.integer({ min: 2, max: 9 }),
      length: fc.integer({ min: 3, max: 40 }),
      longAt: fc.integer({ min: 0, max: 80 }),
    }),
    { minLength: 1, maxLength: 4 },
  )

  test('all renditions keep the rules, on one timeline', () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        const fragments = runs.flatMap(({ renditions, cadence, length, longAt }, run) => {
          let startSeconds = 0
          return Array.from({ length }, (_, index) => {
            const epoch = epochs[run]?.[renditions - 1] ?? two
            const durationSeconds = index === longAt ? 0.4 : 0.2
            startSeconds += durationSeconds
            const keyframe = index % cadence === 0
            return makeFragment({
              epoch,
              startSeconds: startSeconds - durationSeconds,
              durationSeconds,
              keyframe,
            })
          })
        })
        // Dates go on over all runs.
        let capturedAtMs = startMs
        const seen = watch(
          fragments.map((fragment, number) => {
            capturedAtMs += fragment.durationSeconds * 1000
            return { ...fragment, number, capturedAtMs: capturedAtMs - fragment.durationSeconds * 1000 }
          }),
        )
        const [best = [], ...lower] = [...seen.values()].filter((observations) => observations.length > 0)
        expect([best, ...lower].flatMap((observations) => breaches(observations))).toEqual([])
        for (const observations of lower) {
          const own = best.slice(best.length - observations.length)
          // The newest parts: a delta update leaves out old ones.
          expect(observations.map(({ playlist }) => timeline(playlist).slice(-3))).toEqual(
            own.map(({ playlist }) => timeline(playlist).slice(-3)),
          )
        }
      }),
      { numRuns: 20 },
    )
  })
})
