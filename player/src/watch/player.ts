import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { Autoplay } from './autoplay/autoplay.ts'
import { MotionWatch } from './autoplay/motion-watch.ts'
import type { PlayToken } from './play-token.ts'
import { canPlayByHlsJs, playByHlsJs } from './playback/hls-playback.ts'
import { playNatively } from './playback/native-playback.ts'
import type { Playback } from './playback/playback.ts'
import { canPlayByWhep, playByWhep } from './playback/whep-playback.ts'
import { shouldLoad, shouldLoadRealtime } from './should-load.ts'
import { stallStep } from './stall-step.ts'
import type { LatencyMode } from './view/latency-mode.ts'
import type { WatchFacts, WatchState } from './view/watch-text.ts'

const endedShownMs = 4000
const endWithoutListMs = 3000
const visibleStallMs = 700

/** Plays a stream whenever there is one: waits, loads, recovers, and waits again after the end. */
export class Player {
  readonly #video: HTMLVideoElement
  readonly #name: string
  readonly #token: PlayToken
  readonly #serverNow: () => number
  readonly #motion: MotionWatch
  readonly autoplay: Autoplay
  #mode: LatencyMode
  /** Why real time was given up, until it is chosen again. */
  #note: string | null = null
  #state: WatchState = 'waiting'
  #playback: Playback | null = null
  #snapshot: StreamSnapshot | null = null
  #unreachable = false
  #playedBefore = false
  #playingLiveSince: string | null = null
  #endedLiveSince: string | null = null
  #endedMs = 0
  #jumpedMs = 0
  #stalledMs = 0

  /** @param serverNow the gateway's time, in ms */
  constructor(
    video: HTMLVideoElement,
    name: string,
    token: PlayToken,
    mode: LatencyMode,
    serverNow: () => number,
  ) {
    this.#mode = mode === 'realtime' && !canPlayByWhep() ? 'lowest' : mode
    this.#serverNow = serverNow
    this.#video = video
    this.#name = name
    this.#token = token
    this.#motion = new MotionWatch(video)
    this.autoplay = new Autoplay(video)
    video.addEventListener('playing', () => {
      this.#playedBefore = true
      if (this.#playback) this.#state = 'playing'
    })
    video.addEventListener('ended', () => this.#end())
  }

  get state(): WatchState {
    const interrupted = this.#snapshot?.state === 'interrupted' && this.#playback !== null
    return interrupted && this.#state === 'playing' ? 'reconnecting' : this.#state
  }

  get facts(): WatchFacts {
    return {
      name: this.#name,
      stream: this.#snapshot?.state ?? null,
      unreachable: this.#unreachable,
      playedBefore: this.#playedBefore,
      stalled: this.#stalledMs > visibleStallMs,
    }
  }

  get snapshot(): StreamSnapshot | null {
    return this.#snapshot
  }

  get playback(): Playback | null {
    return this.#playback
  }

  get stalls(): number {
    return this.#motion.stalls
  }

  /** The viewer sees pictures that move. */
  get moving(): boolean {
    return this.#playback !== null && this.#motion.moving
  }

  /** The mode in which it plays, or would. */
  get mode(): LatencyMode {
    return this.#mode
  }

  /** Why it plays otherwise than was asked for; null when it does not. */
  get note(): string | null {
    return this.#note
  }

  /** Plays on in another mode: with a new player, because hls.js takes up its mode at the start. */
  setMode(mode: LatencyMode): void {
    this.#note = null
    this.#switchTo(mode)
  }

  #switchTo(mode: LatencyMode): void {
    this.#mode = mode
    if (this.#playback === null) return
    this.#drop('reconnecting')
    if (this.#shouldLoad()) this.#load()
  }

  /** News from the gateway: the stream, null when it does not know it, 'unreachable' when it is silent. */
  onStream(news: StreamSnapshot | null | 'unreachable'): void {
    this.#unreachable = news === 'unreachable'
    if (news !== 'unreachable') {
      this.#snapshot = news
      // Gone without a trace, by a restart of the gateway: what comes now is another broadcast.
      if (news === null || news.state === 'idle') this.#forgetEnd()
    }
    if (this.#playback === null && !this.#unreachable && this.#shouldLoad()) this.#load()
  }

  /** To be called a few times a second. */
  tick(): void {
    const nowMs = Date.now()
    this.#motion.look()
    this.#stalledMs = this.#playback ? this.#motion.stalledMs : 0
    if (this.#playback === null) {
      this.#settle(nowMs)
      return
    }
    this.autoplay.look(this.#motion.movedMs)
    if (this.#isOver() && this.#stalledMs > endWithoutListMs) {
      this.#end()
      return
    }
    const step = stallStep({
      stalledMs: this.#stalledMs,
      newerSeconds: this.#playback.newerSeconds(),
      sinceJumpMs: nowMs - this.#jumpedMs,
      liveMs: this.#liveMs(),
    })
    if (step === 'jump') {
      this.#jumpedMs = nowMs
      this.#playback.goLive()
    } else if (step === 'rebuild') {
      this.#drop('reconnecting')
    }
  }

  #shouldLoad(): boolean {
    if (this.#mode === 'realtime') return shouldLoadRealtime(this.#snapshot)
    return shouldLoad(this.#snapshot, this.#endedLiveSince, this.#serverNow())
  }

  #load(): void {
    this.#playingLiveSince = this.#snapshot?.liveSince ?? null
    this.#state = this.#state === 'reconnecting' ? 'reconnecting' : 'loading'
    this.#motion.reset()
    const realtime = this.#mode === 'realtime'
    const play = realtime ? playByWhep : canPlayByHlsJs() ? playByHlsJs : playNatively
    this.#playback = play({
      video: this.#video,
      url: realtime ? `/whep/${this.#name}` : this.#token.path(`/hls/${this.#name}/index.m3u8`),
      token: this.#token,
      mode: this.#mode,
      serverNow: this.#serverNow,
      failed: (reason) => {
        console.warn('The player is built anew', reason)
        this.#drop('reconnecting')
      },
      unable: (why) => {
        console.info('Real time is given up', why)
        this.#note = why
        this.#switchTo('lowest')
      },
    })
    this.autoplay.begin()
  }

  #liveMs(): number | null {
    if (this.#unreachable || this.#snapshot?.state !== 'live') return null
    return this.#serverNow() - Date.parse(this.#snapshot.since)
  }

  #isOver(): boolean {
    return !this.#unreachable && (this.#snapshot === null || this.#snapshot.state === 'idle')
  }

  #end(): void {
    if (this.#playback === null) return
    this.#endedLiveSince = this.#playingLiveSince
    this.#endedMs = Date.now()
    this.#drop('ended')
  }

  #drop(state: WatchState): void {
    // Null first: taking a player down makes the video element send events of its own.
    const playback = this.#playback
    this.#playback = null
    this.autoplay.end()
    this.#state = state
    this.#stalledMs = 0
    playback?.destroy()
  }

  /** From "ended" and from a vain "reconnecting" back to waiting. */
  #settle(nowMs: number): void {
    if (this.#state === 'ended' && nowMs - this.#endedMs > endedShownMs) this.#state = 'waiting'
    if (this.#state === 'reconnecting' && this.#isOver()) this.#state = 'waiting'
  }

  #forgetEnd(): void {
    if (this.#playback === null) this.#endedLiveSince = null
  }
}
