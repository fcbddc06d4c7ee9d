import { isDeepStrictEqual } from 'node:util'
import type { TargetChanges, TargetConfig } from '../config/target-config.ts'
import type { EncoderSettings } from '../encoder/encoder.ts'
import { GatewayError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { TargetFeeds } from '../platform-feed/target-feeds.ts'
import { destinationOf } from '../push/connection/destination.ts'
import type { Dial } from '../push/connection/dial.ts'
import type { PushAddress } from '../push/connection/rtmp-publish-check.ts'
import { DialError } from '../push/failure.ts'
import { Target } from '../push/target.ts'
import { TargetHistory } from '../push/target-history.ts'
import type { TargetDetails, TargetSnapshot } from '../streams/snapshot.ts'
import { findTarget, withChanges, withoutTarget, withSwitch, withTarget } from './edit-targets.ts'
import { type EffectiveTarget, effectiveTargets, type FixedTargets } from './effective-targets.ts'
import { idleSnapshot } from './idle-snapshot.ts'
import type { StoredTargets, TargetStore } from './target-store.ts'

export type TargetsOptions = {
  /** Those of the configuration file. */
  fixed: FixedTargets
  store: TargetStore
  dial: Dial
  /** Looks a host up and throws DialError when a target must not go there. */
  checkHost: (host: string) => Promise<void>
  ffmpegBinary: string
  /** How streams are encoded that platforms would not take. */
  encoding: EncoderSettings
}

/** A target that is being pushed to. */
type Running = { config: TargetConfig; target: Target; close: () => Promise<void> }
type Session = { feeds: TargetFeeds; log: Log; running: Map<string, Running> }

/** The pushes of one stream during one session. */
export type TargetSession = {
  snapshot(): TargetSnapshot[]
  /** Ends the pushes; resolves when no ffmpeg of them is left. May be called twice. */
  close(): Promise<void>
}

/**
 * All targets of all streams: what they are, kept over a restart, and the pushes of the streams that are live. A change
 * is saved first, then takes effect, and touches nothing but its own target.
 */
export class Targets {
  readonly #options: TargetsOptions
  readonly #sessions = new Map<string, Session>()
  readonly #histories = new Map<string, TargetHistory>()
  readonly #loadedAt = new Date().toISOString()
  #stored: StoredTargets
  /** Changes happen one after the other: each builds on what the one before has saved. */
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(options: TargetsOptions, stored: StoredTargets) {
    this.#options = options
    this.#stored = stored
  }

  /** @throws GatewayError STATE_FAILED when what was saved can't be read. */
  static async load(options: TargetsOptions): Promise<Targets> {
    return new Targets(options, await options.store.load())
  }

  /** Begins to push a stream to its targets. */
  open(stream: string, feed: Feed, log: Log): TargetSession {
    const { ffmpegBinary, encoding: settings } = this.#options
    const feeds = new TargetFeeds({ source: feed, settings, ffmpegBinary, log })
    const session: Session = { feeds, log, running: new Map() }
    this.#sessions.set(stream, session)
    for (const target of this.#effective(stream)) this.#start(stream, session, target)
    return {
      snapshot: () => this.#snapshots(stream, session),
      close: async () => {
        if (this.#sessions.get(stream) === session) this.#sessions.delete(stream)
        await Promise.all([...session.running.values()].map(({ close }) => close()))
      },
    }
  }

  /** Names of the streams that have targets of their own, or are live. */
  get streams(): string[] {
    return [...new Set([...this.#sessions.keys(), ...Object.keys(this.#stored.targets)])].sort()
  }

  /** Where pushes are connecting at this moment, of all streams. */
  connecting(): PushAddress[] {
    const running = [...this.#sessions.values()].flatMap((session) => [...session.running.values()])
    return running.flatMap(({ target }) => target.connectingTo ?? [])
  }

  list(stream: string): TargetDetails[] {
    return this.#effective(stream).map((target) => this.#details(stream, target))
  }

  /** @throws GatewayError TARGET_NOT_FOUND */
  get(stream: string, name: string): TargetDetails {
    return this.#details(stream, findTarget(this.#options.fixed, this.#stored, stream, name))
  }

  /** @throws GatewayError TARGET_TAKEN, TARGET_BLOCKED, TOO_MANY_TARGETS, STATE_FAILED */
  async add(stream: string, config: TargetConfig): Promise<TargetDetails> {
    await this.#checkAddress(stream, config)
    await this.#change((fixed, stored) => withTarget(fixed, stored, stream, config))
    return this.get(stream, config.name)
  }

  /** @throws GatewayError TARGET_NOT_FOUND, TARGET_FIXED, TARGET_BLOCKED, BAD_REQUEST, STATE_FAILED */
  async patch(stream: string, name: string, changes: TargetChanges): Promise<TargetDetails> {
    if (changes.url) await this.#checkAddress(stream, { url: changes.url, key: '' })
    await this.#change((fixed, stored) => withChanges(fixed, stored, stream, name, changes))
    return this.get(stream, name)
  }

  /** Resolves when its push is gone. @throws GatewayError TARGET_NOT_FOUND, TARGET_FIXED, STATE_FAILED */
  async remove(stream: string, name: string): Promise<void> {
    await this.#change((fixed, stored) => withoutTarget(fixed, stored, stream, name))
    this.#histories.delete(historyKey(stream, name))
  }

  /** Switches a target on or off for a stream, also one of all streams. @throws GatewayError TARGET_NOT_FOUND, STATE_FAILED */
  async switch(stream: string, name: string, enabled: boolean): Promise<TargetDetails> {
    await this.#change((fixed, stored) => withSwitch(fixed, stored, stream, name, enabled))
    return this.get(stream, name)
  }

  /** Ends the wait for the next attempt. @throws GatewayError TARGET_NOT_FOUND, WRONG_STATE */
  retry(stream: string, name: string): TargetDetails {
    const { state } = this.get(stream, name)
    if (state === 'stopped')
      throw new GatewayError('WRONG_STATE', `"${name}" is switched off. Start it instead.`)
    this.#sessions.get(stream)?.running.get(name)?.target.retry()
    return this.get(stream, name)
  }

  #effective(stream: string): EffectiveTarget[] {
    return effectiveTargets(this.#options.fixed, this.#stored, stream)
  }

  #snapshots(stream: string, session: Session): TargetSnapshot[] {
    return this.#effective(stream).map(({ config }) => this.#snapshot(stream, session, config))
  }

  #snapshot(stream: string, session: Session | undefined, config: TargetConfig): TargetSnapshot {
    const running = session?.running.get(config.name)
    const lastChange = this.#histories.get(historyKey(stream, config.name))?.recent().at(-1)
    return running?.target.snapshot() ?? idleSnapshot(stream, config, lastChange?.at ?? this.#loadedAt)
  }

  #details(stream: string, { config, source, scope }: EffectiveTarget): TargetDetails {
    return {
      ...this.#snapshot(stream, this.#sessions.get(stream), config),
      enabled: config.enabled,
      hasKey: config.key !== '',
      source,
      scope,
      history: this.#histories.get(historyKey(stream, config.name))?.recent() ?? [],
    }
  }

  /**
   * What can be known at once about a target's address. A host that is not found now may be later.
   * @throws GatewayError TARGET_BLOCKED
   */
  async #checkAddress(stream: string, config: Pick<TargetConfig, 'url' | 'key'>): Promise<void> {
    try {
      await this.#options.checkHost(destinationOf(config, stream === '*' ? 'stream' : stream).host)
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      if (error.blocked !== null) throw new GatewayError('TARGET_BLOCKED', error.blocked, { cause: error })
    }
  }

  /** Saves what an edit makes, then lets it take effect. */
  #change(edit: (fixed: FixedTargets, stored: StoredTargets) => StoredTargets): Promise<void> {
    const run = async (): Promise<void> => {
      const next = edit(this.#options.fixed, this.#stored)
      if (isDeepStrictEqual(next, this.#stored)) return
      await this.#options.store.save(next)
      this.#stored = next
      await Promise.all([...this.#sessions].map(([stream, session]) => this.#apply(stream, session)))
    }
    const done = this.#queue.then(run)
    // Whoever asked is told; the next one starts anyway.
    this.#queue = done.catch(() => undefined)
    return done
  }

  /** Brings the pushes of a session in line with the targets that the stream has now. */
  async #apply(stream: string, session: Session): Promise<void> {
    const wanted = this.#effective(stream)
    const outdated = [...session.running].filter(([name, { config }]) => {
      const now = wanted.find((target) => target.config.name === name)
      return !now || !isDeepStrictEqual(now.config, config)
    })
    // The old push must be gone first: a server takes one per key.
    await Promise.all(
      outdated.map(async ([name, { close }]) => {
        await close()
        session.running.delete(name)
      }),
    )
    if (this.#sessions.get(stream) !== session) return
    for (const target of wanted) this.#start(stream, session, target)
  }

  #start(stream: string, { feeds, log, running }: Session, { config, source }: EffectiveTarget): void {
    if (!config.enabled || running.has(config.name)) return
    const { dial, ffmpegBinary } = this.#options
    const { feed, profile, close: leaveFeed } = feeds.open(config.kind)
    const target = new Target({
      stream,
      config,
      trusted: source === 'config',
      feed,
      profile,
      dial,
      history: this.#historyOf(stream, config.name),
      ffmpegBinary,
      log,
    })
    const close = async (): Promise<void> => {
      await target.close()
      await leaveFeed()
    }
    running.set(config.name, { config, target, close })
  }

  #historyOf(stream: string, name: string): TargetHistory {
    const key = historyKey(stream, name)
    const history = this.#histories.get(key) ?? new TargetHistory()
    // Moved to the end: the first is the one that was not used for the longest time.
    this.#histories.delete(key)
    this.#histories.set(key, history)
    const [oldest] = this.#histories.keys()
    if (this.#histories.size > maxHistories && oldest !== undefined) this.#histories.delete(oldest)
    return history
  }
}

/** Streams come and go under any name. */
const maxHistories = 1_000

/** A stream's name has no slash. */
function historyKey(stream: string, name: string): string {
  return `${stream}/${name}`
}
