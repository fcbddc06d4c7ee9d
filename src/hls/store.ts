import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { FeedReader } from '../feed/feed.ts'
import type { Fragment } from '../feed/fragment.ts'
import { BlockedRequests } from './blocked-requests.ts'
import type { HlsSnapshot } from './hls-snapshot.ts'
import { PeakRate } from './peak-rate.ts'
import { type PlaylistFacts, partHoldBackSeconds } from './playlist-facts.ts'
import { PlaylistVersion } from './playlist-version.ts'
import { fileOf, renditionIds } from './renditions.ts'
import type { HlsResource } from './resource.ts'
import type { Part, Segment, SegmentHead } from './segment.ts'
import { SegmentWindow } from './segment-window.ts'
import { Segmenter, targetDurationOf } from './segmenter.ts'

export type HlsStoreOptions = {
  stream: string
  /** Wanted length of a segment. */
  segmentSeconds: number
  /** Media that the playlist lists. */
  windowSeconds: number
  /** PART-TARGET of Low-Latency HLS; null, the default, is plain HLS. */
  partTargetSeconds?: number | null
  /**
   * True promises players that every segment decodes on its own (RFC 8216 section 4.3.5.1), for good: a tag can't be
   * taken back (section 6.2.1). Only for streams whose video is always encoded here, with a keyframe at least every
   * `segmentSeconds`; with copied video the publisher decides. Default: nothing is promised.
   */
  independentSegments?: boolean
  /** Limit for all segments, listed or not, and the one being filled. Default: room for 12 Mbit/s. */
  maxBytes?: number
  /** What the stream's share of the memory of all streams allows at this moment, if that is less. */
  budgetBytes?: () => number
  /** A clock that never jumps, in ms. */
  nowMs?: () => number
  /** Default: random. */
  sessionId?: string
}

const roomBytesPerSecond = 12_000_000 / 8
/** Longest wait for the next media, in target durations (rfc8216bis section 6.2.5.2). */
const longestWaitTargetDurations = 3

/** A stream's HLS media in memory: all renditions of one timeline. */
export class HlsStore implements FeedReader {
  readonly stream: string
  /**
   * Names this session in the media playlists' URLs. Segment numbers begin again with each session, so without it a
   * cache could answer "the playlist with segment 7" with that of an earlier broadcast.
   */
  readonly sessionId: string
  /** Requests for media that is not there yet. */
  readonly blocked: BlockedRequests
  readonly #partTargetSeconds: number | null
  readonly #segmenter: Segmenter
  readonly #window: SegmentWindow
  readonly #targetDuration: number
  readonly #independentSegments: boolean
  readonly #maxBytes: number
  readonly #budgetBytes: () => number
  readonly #nowMs: () => number
  /** By every rendition that the stream ever had: its playlist goes on also when it is gone. */
  readonly #peaks = new Map<string, PeakRate>()
  #ended = false
  #version: PlaylistVersion | undefined

  constructor(options: HlsStoreOptions) {
    this.stream = options.stream
    this.sessionId = options.sessionId ?? randomBytes(6).toString('base64url')
    this.#partTargetSeconds = options.partTargetSeconds ?? null
    const targetDuration = targetDurationOf(options.segmentSeconds)
    // RFC 8216 section 6.2.2: at least three target durations stay listed.
    const listSeconds = Math.max(options.windowSeconds, 3 * targetDuration)
    this.#targetDuration = targetDuration
    this.#window = new SegmentWindow(listSeconds)
    this.#budgetBytes = options.budgetBytes ?? (() => Number.POSITIVE_INFINITY)
    this.#maxBytes =
      options.maxBytes ?? Math.ceil((2 * listSeconds + 5 * targetDuration) * roomBytesPerSecond)
    this.#segmenter = new Segmenter({
      segmentSeconds: options.segmentSeconds,
      partTargetSeconds: this.#partTargetSeconds,
      maxSegmentBytes: Math.floor(this.#maxBytes / 4),
    })
    this.#independentSegments = options.independentSegments ?? false
    this.blocked = new BlockedRequests(longestWaitTargetDurations * targetDuration * 1000)
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  onFragment(fragment: Fragment): void {
    const segments = this.#segmenter.push(fragment)
    for (const segment of segments) this.#add(segment)
    if (this.#partTargetSeconds !== null || segments.length > 0) this.#version = undefined
    // Memory goes before RFC 8216 section 6.2.2: a publisher must not be able to fill it.
    const maxBytes = Math.min(this.#maxBytes, this.#budgetBytes())
    if (this.bytes > maxBytes) {
      this.#window.dropBeyond(maxBytes - this.#segmenter.openBytes)
      this.#version = undefined
    }
    this.blocked.wake()
  }

  onEnd(): void {
    const segment = this.#segmenter.finish()
    this.#ended = true
    this.#version = undefined
    if (segment) this.#add(segment)
    this.blocked.wake()
  }

  /**
   * What the playlists say now: the same object until that changes. Undefined before there is enough to play: a whole
   * segment, without which players refuse a playlist, and with parts as much media as they keep in reserve.
   */
  version(): PlaylistVersion | undefined {
    if (!this.#version) {
      const facts = this.#facts()
      this.#version = facts && new PlaylistVersion(facts)
    }
    return this.#version
  }

  /** Whether a rendition is or was part of the stream. */
  hasRendition(id: string): boolean {
    return this.#peaks.has(id)
  }

  /** A segment that is or was listed. */
  segment(epochId: string, rendition: string, mediaSequence: number): HlsResource | undefined {
    const segment = this.#window.segment(mediaSequence)
    return segment?.epoch.id === epochId ? segment.files.get(rendition) : undefined
  }

  /** A part that is or was listed, or could have been. */
  part(epochId: string, rendition: string, number: number): HlsResource | undefined {
    if (this.#partTargetSeconds === null) return undefined
    const { open } = this.#segmenter
    const found = this.#window.findLast(({ parts }) => (parts[0]?.number ?? number) <= number)
    const partIn = (segment: { epoch: { id: string }; parts: readonly Part[] } | undefined) =>
      segment?.epoch.id === epochId ? segment.parts.find((part) => part.number === number) : undefined
    return (partIn(open) ?? partIn(found))?.files.get(rendition)
  }

  /** Whether this is the part that playlists announce as the next one. */
  isAwaited(epochId: string, number: number): boolean {
    const hint = this.#hint()
    return hint?.epochId === epochId && hint.number === number
  }

  /** The initialisation segment of an epoch that one of the segments needs. */
  init(epochId: string, rendition: string): HlsResource | undefined {
    const ofEpoch = (segment: SegmentHead): boolean => segment.epoch.id === epochId
    const open = this.#partTargetSeconds === null ? undefined : this.#segmenter.open
    const segment = open && ofEpoch(open) ? open : this.#window.findLast(ofEpoch)
    return segment?.init.get(rendition)
  }

  snapshot(): HlsSnapshot {
    const segments = this.version()?.facts.segments ?? []
    return {
      path: `/hls/${this.stream}/index.m3u8`,
      playable: segments.length > 0,
      segments: segments.length,
      mediaSequence: segments[0]?.mediaSequence ?? 0,
      bufferedBytes: this.bytes,
      partTargetSeconds: this.#partTargetSeconds,
      waitingViewers: this.blocked.size,
    }
  }

  #facts(): PlaylistFacts | undefined {
    const segments = this.#window.listed
    const parts = this.#partTargetSeconds
    const open = parts === null ? undefined : this.#segmenter.open
    if (segments.length === 0) return undefined
    const begins = parts !== null && !this.#ended && segments[0]?.mediaSequence === 0
    if (begins && seconds(segments) + seconds(open?.parts ?? []) < partHoldBackSeconds(parts))
      return undefined
    return {
      sessionId: this.sessionId,
      segments,
      partTargetSeconds: parts,
      open,
      hint: this.#hint(),
      targetDuration: this.#targetDuration,
      ended: this.#ended,
      independentSegments: this.#independentSegments,
      peakBps: new Map([...this.#peaks].map(([id, peak]) => [id, peak.bps])),
    }
  }

  #hint(): PlaylistFacts['hint'] {
    return this.#partTargetSeconds === null || this.#ended ? undefined : this.#segmenter.awaited
  }

  /** All media that it holds. */
  get bytes(): number {
    return this.#window.bytes + this.#segmenter.openBytes
  }

  #add(segment: Segment): void {
    this.#window.add(segment, this.#nowMs())
    const { epoch, files, durationSeconds } = segment
    for (const id of renditionIds(epoch)) {
      if (!this.#peaks.has(id)) this.#peaks.set(id, new PeakRate(this.#targetDuration))
    }
    for (const [id, peak] of this.#peaks) {
      peak.add({ durationSeconds, bytes: fileOf(epoch, files, id)?.plain.bytes ?? 0 })
    }
  }
}

function seconds(pieces: readonly { durationSeconds: number }[]): number {
  return pieces.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
}
