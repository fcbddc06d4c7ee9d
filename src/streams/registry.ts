import { GatewayError } from '../errors.ts'
import type { MediaBudget } from '../media-budget.ts'
import type { Publication } from '../sfu/publication.ts'
import type { Viewer } from '../sfu/viewers/viewer.ts'
import type { WatchRequest } from '../sfu/viewers/watch-request.ts'
import { streamNamePattern } from '../stream-name.ts'
import { type Published, Stream } from './stream.ts'
import type { StreamDependencies } from './stream-parts.ts'
import type { StreamSnapshot } from './stream-snapshot.ts'
import type { PublishRequest } from './stream-status.ts'

export type RegistryOptions = {
  /** Streams that may have a publisher or wait for one at the same time. */
  maxStreams: number
  /** Memory for the media of all of them. */
  budget: Pick<MediaBudget, 'checkRoom'>
  /** Of each stream. */
  stream: StreamDependencies<Publication>
}

/** All streams by name. A stream exists from its first publication until its end is forgotten. */
export class Registry {
  readonly #options: RegistryOptions
  readonly #streams = new Map<string, Stream>()
  #closed = false

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /**
   * @returns the stream of that name.
   * @throws GatewayError BAD_STREAM_NAME or STREAM_NOT_FOUND
   */
  get(name: string): Stream {
    const stream = this.#streams.get(checkName(name))
    if (!stream) throw new GatewayError('STREAM_NOT_FOUND', `There is no stream named "${name}" right now.`)
    return stream
  }

  /** Whether anything is kept of a stream of that name. */
  has(name: string): boolean {
    return this.#streams.has(name)
  }

  /**
   * Publishes on a stream, which is made when it is not there.
   * @throws GatewayError BAD_STREAM_NAME, TOO_MANY_STREAMS, TOO_LITTLE_MEMORY, and what `Stream.publish` throws.
   */
  async publish(name: string, request: PublishRequest): Promise<Published & { stream: Stream }> {
    if (this.#closed) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    const known = this.#streams.get(checkName(name))
    // One that is kept only for its ended playlist takes a place again.
    if (!known?.busy) this.#checkRoom()
    const stream = known ?? this.#create(name)
    return { ...(await stream.publish(request)), stream }
  }

  /**
   * Answers the offer of a real-time viewer.
   * @param onEnd called once when the viewer is gone or has to come back.
   * @throws GatewayError BAD_STREAM_NAME, NOT_LIVE, and what `Viewers.watch` throws.
   */
  async watch(name: string, request: WatchRequest, onEnd: () => void): Promise<Viewer> {
    const stream = this.#streams.get(checkName(name))
    if (!stream) throw new GatewayError('NOT_LIVE', `"${name}" is not live.`)
    return await stream.watch(request, onEnd)
  }

  /** All streams, by name. */
  snapshot(): StreamSnapshot[] {
    return [...this.#streams.values()]
      .map((stream) => stream.snapshot())
      .sort((a, b) => a.name.localeCompare(b.name))
  }

  /** Ends all streams; resolves when no process of them is left. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()))
  }

  /** @throws GatewayError TOO_MANY_STREAMS, TOO_LITTLE_MEMORY */
  #checkRoom(): void {
    this.#options.budget.checkRoom()
    const { maxStreams } = this.#options
    if ([...this.#streams.values()].filter(({ busy }) => busy).length < maxStreams) return
    throw new GatewayError(
      'TOO_MANY_STREAMS',
      `The gateway takes ${maxStreams} streams at a time (SLUICE_MAX_STREAMS).`,
    )
  }

  #create(name: string): Stream {
    const stream = new Stream(name, this.#options.stream, () => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name)
    })
    this.#streams.set(name, stream)
    return stream
  }
}

/** @throws GatewayError BAD_STREAM_NAME */
export function checkName(name: string): string {
  if (streamNamePattern.test(name)) return name
  throw new GatewayError(
    'BAD_STREAM_NAME',
    'A stream name has 1 to 64 characters: small letters, digits, "-" and "_", and begins with a letter or digit.',
  )
}
