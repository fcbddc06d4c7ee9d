import { GatewayError, toErrorShape } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Epoch } from '../feed/fragment.ts'
import { type FfmpegProcess, startFfmpeg } from '../ffmpeg/process.ts'
import { createProgressParser } from '../ffmpeg/progress.ts'
import type { Log } from '../log.ts'
import { type Destination, hideSecrets } from './destination.ts'
import { explainFailure, stalledSentence, unansweredSentence } from './explain.ts'
import { pushArguments } from './push-args.ts'
import { PushMeter } from './push-meter.ts'
import { StdinWriter } from './stdin-writer.ts'

const checkMs = 500
/** Time to send what is queued when no more comes. */
const drainMs = 5_000
const maxErrorLines = 8

/**
 * closed: it was asked to end · epoch: the feed goes on with another initialisation segment, which a running ffmpeg
 * can't take · feed-ended · failed: anything else, with whose fault it was and a sentence for people.
 */
export type PushEnd =
  | { kind: 'closed' | 'feed-ended' }
  | { kind: 'epoch'; epoch: Epoch }
  | { kind: 'failed'; fault: 'destination' | 'ours'; why: string }

export type PushOptions = {
  destination: Destination
  feed: Feed
  /** The feed's newest one. */
  epoch: Epoch
  ffmpegBinary: string
  log: Log
  /** Media leaves; called once. */
  onLive: () => void
}

/** One attempt to push a feed to a target: one ffmpeg. */
export class Push {
  readonly #options: PushOptions
  readonly #meter = new PushMeter(performance.now())
  readonly #readProgress = createProgressParser()
  readonly #errorLines: string[] = []
  /** Why it is over: the first cause counts. */
  #end: PushEnd | undefined
  #drainEndsAtMs = Number.POSITIVE_INFINITY
  #reportedDrops = 0

  constructor(options: PushOptions) {
    this.#options = options
  }

  get bitrateBps(): number {
    return this.#meter.bitrateBps(performance.now())
  }

  /** How long media has been leaving. */
  get movedForMs(): number {
    return this.#meter.movedForMs
  }

  /** Runs until the attempt is over and its ffmpeg is gone. To be called once; never rejects. */
  async run(signal: AbortSignal): Promise<PushEnd> {
    const { destination, ffmpegBinary, log } = this.#options
    try {
      const process = await startFfmpeg({
        ...pushArguments(destination),
        binary: ffmpegBinary,
        onLine: (line) => this.#onLine(line),
        log,
      })
      const exitReason = await this.#supervise(process, signal)
      if (this.#end) return this.#end
      const facts = { errorLines: this.#errorLines, wasLive: this.#meter.live, exitReason }
      return { kind: 'failed', fault: 'destination', why: explainFailure(facts) }
    } catch (error) {
      if (!(error instanceof GatewayError)) log.error({ err: error }, 'push broke')
      return { kind: 'failed', fault: 'ours', why: toErrorShape(error).message }
    }
  }

  async #supervise(process: FfmpegProcess, signal: AbortSignal): Promise<string> {
    const { feed, epoch } = this.#options
    const writer = new StdinWriter(process.stdin, epoch.init)
    const onAbort = (): void => {
      this.#end ??= { kind: 'closed' }
      // ffmpeg sees a SIGTERM only after its next read: without media that would be the end of its input.
      writer.abort()
      void process.stop()
    }
    const onEpoch = (next: Epoch): void => this.#drain(writer, { kind: 'epoch', epoch: next })
    // What the ring holds may begin before this epoch.
    let replay = true
    const detach = feed.attach({
      onFragment: (fragment) => {
        if (fragment.epoch === epoch) {
          this.#meter.offered(fragment.durationSeconds)
          writer.add(fragment)
        } else if (!replay) onEpoch(fragment.epoch)
      },
      onEnd: () => this.#drain(writer, { kind: 'feed-ended' }),
    })
    replay = false
    if (feed.newest && feed.newest.epoch !== epoch) onEpoch(feed.newest.epoch)
    const timer = setInterval(() => this.#check(process, writer), checkMs)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()

    const { reason } = await process.exited
    detach()
    clearInterval(timer)
    signal.removeEventListener('abort', onAbort)
    this.#reportDrops(writer)
    return reason
  }

  #drain(writer: StdinWriter, end: PushEnd): void {
    if (this.#end) return
    this.#end = end
    this.#drainEndsAtMs = performance.now() + drainMs
    writer.end()
  }

  #check(process: FfmpegProcess, writer: StdinWriter): void {
    const nowMs = performance.now()
    this.#reportDrops(writer)
    const liveness = this.#meter.liveness(nowMs)
    if (liveness !== 'stalled' && nowMs < this.#drainEndsAtMs) return
    const why = this.#meter.live ? stalledSentence : unansweredSentence
    this.#end ??= { kind: 'failed', fault: 'destination', why }
    // A SIGTERM would not end it: it waits for the server in a write.
    void process.kill()
  }

  #reportDrops(writer: StdinWriter): void {
    const dropped = writer.dropped - this.#reportedDrops
    if (dropped === 0) return
    this.#reportedDrops = writer.dropped
    this.#options.log.warn(
      { dropped, total: this.#reportedDrops },
      'target is slower than the stream: fragments were left out',
    )
  }

  #onLine(rawLine: string): void {
    const progress = this.#readProgress(rawLine)
    if (progress === undefined) return
    if (progress) {
      const wasLive = this.#meter.live
      this.#meter.report(progress, performance.now())
      if (this.#meter.live && !wasLive) this.#options.onLive()
      return
    }
    if (rawLine === '') return
    const line = hideSecrets(rawLine, this.#options.destination.secrets)
    this.#options.log.debug({ line }, 'ffmpeg')
    if (!/\[(error|fatal|panic)\]/.test(line)) return
    this.#errorLines.push(line)
    if (this.#errorLines.length > maxErrorLines) this.#errorLines.shift()
  }
}
