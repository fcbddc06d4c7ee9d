import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { FeedReader } from '../feed/feed.ts'
import type { Epoch, Fragment } from '../feed/fragment.ts'
import type { LiveEdge } from './directives.ts'
import type { HlsSnapshot } from './hls-snapshot.ts'
import { PeakRate } from './peak-rate.ts'
import { type PlaylistFacts, partHoldBackSeconds } from './playlist.ts'
import type { Part, Segment } from './segment.ts'
import { Segmenter } from './segmenter.ts'
import { Waiters } from './waiters.ts'

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
  /** A clock that never jumps, in ms. */
  nowMs?: () => number
  /** Default: random. */
  sessionId?: string
}

/** A segment, and from when on it may go; undefined while the playlist lists it. */
type Kept = { segment: Segment; expiresAtMs: number | undefined }

const roomBytesPerSecond = 12_000_000 / 8
/** Longest wait for the next media, in target durations (rfc8216bis section 6.2.5.2). */
const longestWaitTargetDurations = 3

/**
 * A stream's HLS media in memory. Segments that leave the playlist can be fetched for as long as a player may still
 * work with a playlist that lists them.
 */
export class HlsStore implements FeedReader {
  readonly stream: string
  /**
   * Names this session in the media playlist's URL. Segment numbers begin again with each session, so without it a
   * cache could answer "the playlist with segment 7" with that of an earlier broadcast.
   */
  readonly sessionId: string
  /** Requests for media that is not there yet. */
  readonly waiters: Waiters
  readonly #partTargetSeconds: number | null
  readonly #segmenter: Segmenter
  readonly #peak: PeakRate
  readonly #independentSegments: boolean
  readonly #listSeconds: number
  readonly #maxBytes: number
  readonly #nowMs: () => number
  /** In order of their numbers, without gaps: first those that left the playlist, then those listed. */
  readonly #kept: Kept[] = []
  #keptBytes = 0
  #longestListSeconds = 0
  #ended = false
  #facts: PlaylistFacts | undefined

  constructor(options: HlsStoreOptions) {
    this.stream = options.stream
    this.sessionId = options.sessionId ?? randomBytes(6).toString('base64url')
    this.#partTargetSeconds = options.partTargetSeconds ?? null
    // RFC 8216 section 6.2.2: at least three target durations stay listed.
    const targetDuration = new Segmenter(options).targetDuration
    this.#listSeconds = Math.max(options.windowSeconds, 3 * targetDuration)
    this.#maxBytes =
      options.maxBytes ?? Math.ceil((2 * this.#listSeconds + 5 * targetDuration) * roomBytesPerSecond)
    this.#segmenter = new Segmenter({
      segmentSeconds: options.segmentSeconds,
      partTargetSeconds: this.#partTargetSeconds,
      maxSegmentBytes: Math.floor(this.#maxBytes / 4),
    })
    this.#peak = new PeakRate(targetDuration)
    this.#independentSegments = options.independentSegments ?? false
    this.waiters = new Waiters(longestWaitTargetDurations * targetDuration * 1000)
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  onFragment(fragment: Fragment): void {
    for (const segment of this.#segmenter.push(fragment)) this.#add(segment)
    if (this.#partTargetSeconds !== null) this.#facts = undefined
    this.#dropBeyondBytes()
    this.waiters.wake()
  }

  onEnd(): void {
    const segment = this.#segmenter.finish()
    this.#ended = true
    this.#facts = undefined
    if (segment) this.#add(segment)
    this.waiters.wake()
  }

  /**
   * What the playlists say now: the same object until that changes. Undefined before there is enough to play: a whole
   * segment, without which players refuse a playlist, and with parts as much media as they keep in reserve.
   */
  facts(): PlaylistFacts | undefined {
    this.#facts ??= this.#currentFacts()
    return this.#facts
  }

  /** A segment that is or was listed. */
  segment(epochId: string, mediaSequence: number): Segment | undefined {
    const oldest = this.#kept[0]?.segment.mediaSequence ?? 0
    const segment = this.#kept[mediaSequence - oldest]?.segment
    return segment?.epoch.id === epochId ? segment : undefined
  }

  /** A part that is or was listed, or could have been. */
  part(epochId: string, number: number): Part | undefined {
    if (this.#partTargetSeconds === null) return undefined
    const { open } = this.#segmenter
    const newest = open?.epoch.id === epochId ? open.parts : []
    // Nearly everybody asks for one of the newest.
    const found = this.#kept.findLast(({ segment }) => (segment.parts[0]?.number ?? number) <= number)
    const older = found?.segment.epoch.id === epochId ? found.segment.parts : []
    return [...newest, ...older].find((part) => part.number === number)
  }

  /** Whether this is the part that playlists announce as the next one. */
  isAwaited(epochId: string, number: number): boolean {
    const hint = this.#hint()
    return hint?.epochId === epochId && hint.number === number
  }

  /** The newest that the media playlist lists; undefined without parts. */
  edge(): LiveEdge | undefined {
    if (this.#partTargetSeconds === null) return undefined
    const last = this.#kept.at(-1)?.segment
    return {
      lastSequence: last?.mediaSequence ?? -1,
      lastParts: last?.partsListed ? last.parts.length : 0,
      openParts: this.#segmenter.open?.parts.length ?? 0,
      partTargetSeconds: this.#partTargetSeconds,
      ended: this.#ended,
    }
  }

  /** An epoch that one of the segments needs. */
  epoch(epochId: string): Epoch | undefined {
    const open = this.#partTargetSeconds === null ? undefined : this.#segmenter.open?.epoch
    if (open?.id === epochId) return open
    return this.#kept.find(({ segment }) => segment.epoch.id === epochId)?.segment.epoch
  }

  snapshot(): HlsSnapshot {
    const segments = this.facts()?.segments ?? []
    return {
      path: `/hls/${this.stream}/index.m3u8`,
      playable: segments.length > 0,
      segments: segments.length,
      mediaSequence: segments[0]?.mediaSequence ?? 0,
      bufferedBytes: this.#bytes(),
      partTargetSeconds: this.#partTargetSeconds,
      waitingViewers: this.waiters.size,
    }
  }

  #currentFacts(): PlaylistFacts | undefined {
    const segments = this.#listed().map(({ segment }) => segment)
    if (segments.length === 0) return undefined
    const parts = this.#partTargetSeconds
    const open = parts === null ? undefined : this.#segmenter.open
    const seconds =
      segments.reduce((sum, segment) => sum + segment.durationSeconds, 0) +
      (open?.parts ?? []).reduce((sum, part) => sum + part.durationSeconds, 0)
    if (
      parts !== null &&
      !this.#ended &&
      segments[0]?.mediaSequence === 0 &&
      seconds < partHoldBackSeconds(parts)
    )
      return undefined
    return {
      segments,
      partTargetSeconds: parts,
      open,
      hint: this.#hint(),
      targetDuration: this.#segmenter.targetDuration,
      ended: this.#ended,
      independentSegments: this.#independentSegments,
      peakBps: this.#peak.bps,
    }
  }

  #hint(): PlaylistFacts['hint'] {
    return this.#partTargetSeconds === null || this.#ended ? undefined : this.#segmenter.awaited
  }

  #listed(): Kept[] {
    return this.#kept.filter((kept) => kept.expiresAtMs === undefined)
  }

  #bytes(): number {
    return this.#keptBytes + this.#segmenter.openBytes
  }

  #add(segment: Segment): void {
    this.#facts = undefined
    this.#kept.push({ segment, expiresAtMs: undefined })
    this.#keptBytes += segment.bytes.length
    this.#peak.add({ durationSeconds: segment.durationSeconds, bytes: segment.bytes.length })
    const nowMs = this.#nowMs()
    this.#unlist(nowMs)
    while ((this.#kept[0]?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#dropOldest()
  }

  /** Takes from the playlist what its window does not need. */
  #unlist(nowMs: number): void {
    const listed = this.#listed()
    let seconds = listed.reduce((sum, { segment }) => sum + segment.durationSeconds, 0)
    for (const kept of listed) {
      if (seconds - kept.segment.durationSeconds < this.#listSeconds) break
      seconds -= kept.segment.durationSeconds
      // RFC 8216 section 6.2.2: its own duration and that of the longest playlist that listed it. The longest of all
      // is no shorter.
      const staysSeconds = kept.segment.durationSeconds + this.#longestListSeconds
      kept.expiresAtMs = nowMs + staysSeconds * 1000
    }
    this.#longestListSeconds = Math.max(this.#longestListSeconds, seconds)
  }

  /** Memory goes before section 6.2.2: a publisher must not be able to fill it. The newest segment stays. */
  #dropBeyondBytes(): void {
    while (this.#bytes() > this.#maxBytes && this.#kept.length > 1) this.#dropOldest()
  }

  #dropOldest(): void {
    const oldest = this.#kept.shift()
    this.#keptBytes -= oldest?.segment.bytes.length ?? 0
    if (oldest?.expiresAtMs === undefined) this.#facts = undefined
  }
}
