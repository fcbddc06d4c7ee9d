import { GatewayError, messageOf, toErrorShape } from '../errors.ts'
import type { Epoch } from '../feed/epoch.ts'
import type { Feed } from '../feed/feed.ts'
import { type EpochEnd, followEpoch } from '../feed/follow-epoch.ts'
import { mediaBytes } from '../feed/fragment.ts'
import { StdinWriter } from '../feed/stdin-writer.ts'
import { type FfmpegProcess, startFfmpeg } from '../ffmpeg/process.ts'
import { createProgressParser } from '../ffmpeg/progress.ts'
import type { Log } from '../log.ts'
import { type Destination, hideSecrets } from './connection/destination.ts'
import type { Dial } from './connection/dial.ts'
import { Relay } from './connection/relay.ts'
import { unacknowledgedBytes } from './connection/tcp-send-queue.ts'
import { explainFailure } from './explain.ts'
import { DialError, type FailureFacts } from './failure.ts'
import { flvMuxer } from './flv-muxer.ts'
import type { Liveness } from './liveness.ts'
import { pushArguments } from './push-args.ts'
import { PushMeter } from './push-meter.ts'
import type { TargetErrorClass } from './target-snapshot.ts'

const checkMs = 500
/** Time to send what is queued when no more comes. */
const drainMs = 5_000
const maxErrorLines = 8
/**
 * How much may be on its way without the server having said that it arrived. The kernel would take megabytes, which
 * would reach a slow server much too late. A far server acknowledges after 0.3 s.
 */
const inFlightSeconds = 2
const leastInFlightBytes = 256 * 1024

/** Servers that ask for one want a second connection with the answer to their question in it. */
const noLogin =
  'The address holds a user name and a password, which Sluice can not send. Set the target up again without them.'

/**
 * closed: it was asked to end · epoch: the feed goes on with another initialisation segment, which a running ffmpeg
 * can't take · feed-ended · failed: anything else, with whose fault it was and a sentence for people.
 */
export type PushEnd =
  | { kind: 'closed' }
  | EpochEnd
  | { kind: 'failed'; fault: 'destination' | 'ours'; class: TargetErrorClass; why: string }

export type PushOptions = {
  destination: Destination
  /** The operator wrote the target into the configuration. */
  trusted: boolean
  feed: Feed
  /** The feed's newest one. */
  epoch: Epoch
  dial: Dial
  ffmpegBinary: string
  log: Log
  /** Media leaves, stops to, or leaves again. */
  onLiveness: (liveness: Extract<Liveness, 'live' | 'stalled'>) => void
  /** So much was left out because the server is slower than the stream. */
  onDropped: (fragments: number, seconds: number) => void
}

/** One attempt to push a feed to a target: one connection, and when it stands one ffmpeg. */
export class Push {
  readonly #options: PushOptions
  readonly #readProgress = createProgressParser()
  readonly #errorLines: string[] = []
  #meter = new PushMeter(performance.now())
  /** Why it is over: the first cause counts. */
  #end: PushEnd | undefined
  #silence: FailureFacts['silence'] = null
  #said: Liveness = 'connecting'
  #drainEndsAtMs = Number.POSITIVE_INFINITY
  #dropped = { fragments: 0, seconds: 0 }

  constructor(options: PushOptions) {
    this.#options = options
  }

  get bitrateBps(): number {
    return this.#meter.bitrateBps(performance.now())
  }

  /** Bytes that the server has acknowledged. */
  get arrivedBytes(): number {
    return this.#meter.arrivedBytes
  }

  /** How long media has been leaving. */
  get movedForMs(): number {
    return this.#meter.movedForMs
  }

  /** Runs until the attempt is over and its ffmpeg is gone. To be called once; never rejects. */
  async run(signal: AbortSignal): Promise<PushEnd> {
    const { destination, trusted, dial, log } = this.#options
    try {
      if (destination.hasLogin) throw new DialError('resolving', 'LOGIN', { blocked: noLogin })
      const relay = await Relay.open(await dial(destination, trusted, signal), destination)
      try {
        const exitReason = await this.#pushInto(relay, signal)
        if (relay.fault) throw relay.fault
        return this.#end ?? this.#failed({ ...this.#facts(relay), exitReason })
      } finally {
        relay.close()
      }
    } catch (error) {
      if (signal.aborted) return { kind: 'closed' }
      if (error instanceof DialError) {
        log.debug({ phase: error.phase, code: error.code, cause: messageOf(error.cause) }, 'no connection')
        return this.#failed({
          ...this.#facts(null),
          phase: error.phase,
          code: error.code,
          blocked: error.blocked,
        })
      }
      if (!(error instanceof GatewayError)) log.error({ err: error }, 'push broke')
      return { kind: 'failed', fault: 'ours', class: 'gateway', why: toErrorShape(error).message }
    }
  }

  #facts(relay: Relay | null): FailureFacts {
    return {
      phase: this.#meter.live ? 'live' : 'publishing',
      code: relay?.code ?? null,
      receivedBytes: relay?.receivedBytes ?? 0,
      silence: this.#silence,
      errorLines: this.#errorLines,
      exitReason: '',
      blocked: null,
    }
  }

  #failed(facts: FailureFacts): PushEnd {
    const { class: errorClass, sentence } = explainFailure(facts)
    return { kind: 'failed', fault: 'destination', class: errorClass, why: sentence }
  }

  async #pushInto(relay: Relay, signal: AbortSignal): Promise<string> {
    const { ffmpegBinary, log } = this.#options
    // From here on the server has to answer.
    this.#meter = new PushMeter(performance.now())
    const process = await startFfmpeg({
      ...pushArguments(relay.placeholders, relay.port),
      binary: ffmpegBinary,
      onLine: (line) => this.#onLine(line),
      log,
    })
    return await this.#supervise(process, relay, signal)
  }

  async #supervise(process: FfmpegProcess, relay: Relay, signal: AbortSignal): Promise<string> {
    const { feed, epoch } = this.#options
    const writer = new StdinWriter(process.stdin, flvMuxer(epoch))
    const onAbort = (): void => {
      this.#end ??= { kind: 'closed' }
      // ffmpeg sees a SIGTERM only after its next read: without media that would be the end of its input.
      writer.abort()
      void process.stop()
    }
    const detach = followEpoch(feed, epoch, {
      onFragment: (fragment) => {
        this.#meter.offered(fragment.durationSeconds, mediaBytes(fragment), performance.now())
        writer.add(fragment)
      },
      onOver: (end) => this.#drain(writer, end),
    })
    const check = (): void => {
      this.#check(process, relay, writer).catch((error) => {
        this.#options.log.error({ err: error }, 'looking after a push failed')
      })
    }
    const timer = setInterval(check, checkMs)
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

  async #check(process: FfmpegProcess, relay: Relay, writer: StdinWriter): Promise<void> {
    this.#reportDrops(writer)
    const { endpoints } = relay
    const unacknowledged = endpoints ? ((await unacknowledgedBytes(endpoints)) ?? 0) : 0
    const nowMs = performance.now()
    this.#meter.arrived(relay.writtenBytes - unacknowledged, nowMs)
    const mayBeBytes = Math.max(
      leastInFlightBytes,
      this.#meter.offeredBytesPerSecond(nowMs) * inFlightSeconds,
    )
    writer.grant(mayBeBytes - unacknowledged)
    const liveness = this.#meter.liveness(nowMs)
    this.#say(liveness)
    if (liveness !== 'dead' && nowMs < this.#drainEndsAtMs) return
    if (liveness === 'dead') this.#silence ??= this.#meter.live ? 'stalled' : 'unanswered'
    // A SIGTERM would not end it: it waits for the server in a write.
    void process.kill()
  }

  #say(liveness: Liveness): void {
    if (liveness === this.#said || liveness === 'connecting' || liveness === 'dead') return
    this.#said = liveness
    this.#options.onLiveness(liveness)
  }

  #reportDrops(writer: StdinWriter): void {
    const fragments = writer.dropped - this.#dropped.fragments
    const seconds = writer.droppedSeconds - this.#dropped.seconds
    if (fragments === 0) return
    this.#dropped = { fragments: writer.dropped, seconds: writer.droppedSeconds }
    // Before, it only says that the server does not answer.
    if (this.#meter.live) this.#options.onDropped(fragments, seconds)
  }

  #onLine(rawLine: string): void {
    const progress = this.#readProgress(rawLine)
    if (progress === undefined) return
    if (progress) {
      this.#meter.report(progress, performance.now())
      if (this.#meter.live && this.#said === 'connecting') this.#say('live')
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
