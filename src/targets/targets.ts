import { isDeepStrictEqual } from 'node:util'
import type { TargetChanges, TargetConfig } from '../config/target-config.ts'
import { GatewayError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { destinationOf } from '../push/connection/destination.ts'
import type { PushAddress } from '../push/connection/rtmp-publish-check.ts'
import { DialError } from '../push/failure.ts'
import type { TargetSnapshot } from '../push/target-snapshot.ts'
import { findTarget, withChanges, withoutTarget, withSwitch, withTarget } from './edit-targets.ts'
import { type EffectiveTarget, effectiveTargets, type FixedTargets } from './effective-targets.ts'
import { idleSnapshot } from './idle-snapshot.ts'
import type { StoredTargets } from './stored-targets.ts'
import { StreamPushes, type StreamPushesOptions } from './stream-pushes.ts'
import type { TargetDetails } from './target-details.ts'
import { type TargetChanged, TargetHistories } from './target-histories.ts'
import type { TargetStore } from './target-store.ts'

export type TargetsOptions = Pick<
  StreamPushesOptions,
  'dial' | 'ffmpegBinary' | 'transcodes' | 'encoding'
> & {
  /** Those of the configuration file, by stream; `*` holds those for all streams. */
  fixed: Readonly<Record<string, readonly TargetConfig[]>>
  store: Pick<TargetStore, 'load' | 'save'>
  /** Looks a host up and throws DialError when a target must not go there. */
  checkHost: (host: string) => Promise<void>
  /** Told of each change of a target's state; does not throw. */
  onChange?: (changed: TargetChanged) => void
  log: Log
}

/** What a stream's output sees of its pushes. */
export type TargetsOutput = {
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
  readonly #fixed: FixedTargets
  /** Of the streams that are live. */
  readonly #pushes = new Map<string, StreamPushes>()
  readonly #histories: TargetHistories
  readonly #loadedAt = new Date().toISOString()
  #stored: StoredTargets
  /** Changes happen one after the other: each builds on what the one before has saved. */
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(options: TargetsOptions, stored: StoredTargets) {
    this.#options = options
    this.#histories = new TargetHistories(options.onChange)
    this.#fixed = new Map(Object.entries(options.fixed))
    this.#stored = stored
  }

  /** @throws GatewayError STATE_FAILED when what was saved can't be read. */
  static async load(options: TargetsOptions): Promise<Targets> {
    return new Targets(options, await options.store.load())
  }

  /** Begins to push a stream to its targets. */
  open(stream: string, feed: Feed, log: Log): TargetsOutput {
    const pushes = new StreamPushes({ ...this.#options, stream, feed, histories: this.#histories, log })
    pushes.start(this.#effective(stream))
    this.#pushes.set(stream, pushes)
    return {
      snapshot: () => this.#effective(stream).map(({ config }) => this.#snapshot(stream, pushes, config)),
      close: async () => {
        if (this.#pushes.get(stream) === pushes) this.#pushes.delete(stream)
        await pushes.close()
      },
    }
  }

  /** Names of the streams that have targets of their own, or are live. */
  get streams(): string[] {
    return [...new Set([...this.#pushes.keys(), ...this.#stored.targets.keys()])].sort()
  }

  /** Where pushes are connecting at this moment, of all streams. */
  connecting(): PushAddress[] {
    return [...this.#pushes.values()].flatMap(({ connectingTo }) => connectingTo)
  }

  list(stream: string): TargetDetails[] {
    return this.#effective(stream).map((target) => this.#details(stream, target))
  }

  /** @throws GatewayError TARGET_NOT_FOUND */
  get(stream: string, name: string): TargetDetails {
    return this.#details(stream, findTarget(this.#fixed, this.#stored, stream, name))
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
    this.#histories.delete(stream, name)
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
    this.#pushes.get(stream)?.retry(name)
    return this.get(stream, name)
  }

  #effective(stream: string): EffectiveTarget[] {
    return effectiveTargets(this.#fixed, this.#stored, stream)
  }

  #snapshot(stream: string, pushes: StreamPushes | undefined, config: TargetConfig): TargetSnapshot {
    const lastChange = this.#histories.get(stream, config.name)?.recent().at(-1)
    return pushes?.snapshotOf(config.name) ?? idleSnapshot(stream, config, lastChange?.at ?? this.#loadedAt)
  }

  #details(stream: string, { config, source, scope }: EffectiveTarget): TargetDetails {
    return {
      ...this.#snapshot(stream, this.#pushes.get(stream), config),
      enabled: config.enabled,
      hasKey: config.key !== '',
      source,
      scope,
      history: this.#histories.get(stream, config.name)?.recent() ?? [],
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
      const next = edit(this.#fixed, this.#stored)
      if (isDeepStrictEqual(next, this.#stored)) return
      await this.#options.store.save(next)
      this.#stored = next
      await Promise.all([...this.#pushes].map(([stream, pushes]) => this.#apply(stream, pushes)))
    }
    const done = this.#queue.then(run)
    // This caller gets the error; the next change starts anyway.
    this.#queue = done.catch(() => undefined)
    return done
  }

  /** Never rejects: the change is saved already, and one stream's trouble is not the others'. */
  async #apply(stream: string, pushes: StreamPushes): Promise<void> {
    try {
      await pushes.apply(this.#effective(stream))
    } catch (error) {
      this.#options.log.error({ err: error, stream }, 'bringing pushes in line with their targets failed')
    }
  }
}
