import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError, toErrorShape } from '../errors.ts'
import type { ClientKey } from '../limit/client-key.ts'
import { TokenBucket } from '../limit/token-bucket.ts'
import type { Log } from '../log.ts'
import { publisherCapabilities } from '../sfu/media-router.ts'
import type { Publication } from '../sfu/publication.ts'
import { WebRtcIngest } from '../sfu/webrtc-ingest.ts'
import { anonymous } from '../streams/may-take-over.ts'
import type { Registry } from '../streams/registry.ts'
import type { Stream } from '../streams/stream.ts'
import { type IceServerSettings, iceServers } from './ice-servers.ts'
import type { Notice, Reply, ReplyData, Request, RequestType } from './protocol.ts'
import { closeCodes, protocolVersion } from './protocol-constants.ts'
import type { PublicationLimit } from './publication-limit.ts'
import type { PublishGate } from './publish-grant.ts'
import { readRequest } from './read-request.ts'

/** A connection that sends this many frames that are no requests is closed. */
const maxBadFrames = 3
/** Requests waiting for their turn; a page never has more than a handful. */
const maxQueued = 32
/** A page sends about ten requests to go live, and some when a track changes. */
const frames = { burst: 100, perSecond: 10 }
/** A connection that publishes nothing is closed after this time: the page publishes as soon as it is connected. */
const idleMs = 15_000
const statusEveryMs = 1_000

export type PublishSettings = IceServerSettings & Pick<LimitsConfig, 'maxPublishBitrateBps'>

export type PublishSessionOptions = {
  streamName: string
  client: ClientKey
  registry: Registry
  publications: PublicationLimit
  gate: PublishGate
  config: PublishSettings
  log: Log
  send: (text: string) => void
  /** Told when it was not let in. */
  onRefused: (error: GatewayError) => void
  /** Closes the websocket. */
  close: (code: number, reason: string) => void
}

type Handlers = { [T in RequestType]: (request: Extract<Request, { type: T }>) => Promise<ReplyData[T]> }

type Publishing = { stream: Stream; publication: Publication; ingest: WebRtcIngest }

/** One browser publisher: the server's end of the protocol in `protocol.ts`. */
export class PublishSession {
  readonly #options: PublishSessionOptions
  readonly #frames = new TokenBucket(frames.burst, frames.perSecond)
  #publishing: Publishing | undefined
  /** Requests are handled one after the other. */
  #queue: Promise<void> = Promise.resolve()
  #queued = 0
  #badFrames = 0
  #idleTimer: NodeJS.Timeout | undefined
  #statusTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PublishSessionOptions) {
    this.#options = options
    this.#waitForPublish()
  }

  /** Takes a frame. Whatever is wrong with it is answered, never thrown. */
  onMessage(text: string): void {
    if (this.#queued >= maxQueued || !this.#frames.take()) {
      this.#options.close(closeCodes.badFrames, 'too many requests')
      return
    }
    const request = readRequest(text)
    if ('error' in request) {
      this.#reply({ id: request.id, ok: false, error: toErrorShape(request.error) })
      this.#badFrames += 1
      if (this.#badFrames >= maxBadFrames) this.#options.close(closeCodes.badFrames, 'too many bad frames')
      return
    }
    this.#queued += 1
    this.#queue = this.#queue.then(() => this.#handle(request)).finally(() => (this.#queued -= 1))
  }

  /** The websocket is closed: the publisher is lost unless it said `stop`. */
  async onClose(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idleTimer)
    await this.#queue
    await this.#leave('lost')
  }

  readonly #handlers: Handlers = {
    publish: async ({ protocol, kinds, resumeToken, key }) => {
      if (protocol !== protocolVersion) {
        throw new GatewayError('UNSUPPORTED_PROTOCOL', 'This page is older than the gateway. Reload it.')
      }
      if (this.#publishing) throw new GatewayError('WRONG_STATE', 'This connection publishes already.')
      const { registry, publications, client, streamName, config, gate } = this.#options
      const grant = await gate(key)
      const published = await publications.publish(
        client,
        grant,
        (error) => this.#revoked(error),
        () =>
          registry.publish(streamName, {
            ...{ kinds, principal: grant.principal ?? anonymous },
            // Who is known needs no token, and another one's would not do.
            resumeToken: grant.principal === null ? resumeToken : undefined,
            onEnd: (error, retry) => this.#ended(error, retry),
          }),
      )
      const { stream, publication } = published
      const maxBitrateBps = config.maxPublishBitrateBps
      const ingest = await WebRtcIngest.create(publication, {
        maxBitrateBps,
        onOverBitrate: (error) => this.#notify({ type: 'warning', error: toErrorShape(error) }),
      }).catch(async (error) => {
        await stream.release(publication, 'lost')
        throw error
      })
      clearTimeout(this.#idleTimer)
      this.#publishing = { stream, publication, ingest }
      this.#statusTimer = setInterval(
        () => this.#notify({ type: 'status', stream: stream.snapshot() }),
        statusEveryMs,
      )
      return {
        resumeToken: published.resumeToken,
        routerRtpCapabilities: publisherCapabilities(publication.mediaRouter),
        transport: ingest.parameters,
        iceServers: iceServers(config, Date.now()),
        maxBitrateBps,
      }
    },
    connect: async ({ dtlsParameters }) => {
      await this.#ingest().connect(dtlsParameters)
      return {}
    },
    produce: async ({ kind, rtpParameters }) => ({
      producerId: await this.#ingest().produce(kind, rtpParameters),
    }),
    unproduce: async ({ producerId }) => {
      this.#ingest()
      this.#publishing?.publication.remove(producerId)
      return {}
    },
    restartIce: async () => ({ iceParameters: await this.#ingest().restartIce() }),
    stop: async () => {
      await this.#leave('stopped')
      this.#waitForPublish()
      return {}
    },
  }

  #ingest(): WebRtcIngest {
    if (!this.#publishing) throw new GatewayError('WRONG_STATE', 'Nothing is published on this connection.')
    return this.#publishing.ingest
  }

  async #handle(request: Request): Promise<void> {
    // After the close no client waits for an answer, and a late `publish` must not take the stream.
    if (this.#closed) return
    const { id } = request
    try {
      this.#reply({ id, ok: true, data: await this.#dispatch(request) })
    } catch (error) {
      if (!(error instanceof GatewayError) || error.fault === 'ours') {
        this.#options.log.error({ err: error, request: request.type }, 'a publishing request failed')
      }
      if (request.type === 'publish' && error instanceof GatewayError) this.#options.onRefused(error)
      this.#reply({ id, ok: false, error: toErrorShape(error) })
    }
  }

  #dispatch(request: Request): Promise<ReplyData[RequestType]> {
    // The handler of a type takes requests of that type; the compiler can't see the pairing.
    const handler = this.#handlers[request.type] as (request: Request) => Promise<ReplyData[RequestType]>
    return handler(request)
  }

  #waitForPublish(): void {
    clearTimeout(this.#idleTimer)
    if (this.#closed) return
    this.#idleTimer = setTimeout(() => this.#options.close(closeCodes.idle, 'nothing is published'), idleMs)
  }

  async #leave(how: 'stopped' | 'lost'): Promise<void> {
    clearInterval(this.#statusTimer)
    const publishing = this.#publishing
    this.#publishing = undefined
    if (!publishing) return
    await publishing.stream.release(publishing.publication, how)
    publishing.ingest.close()
  }

  /** The publisher may publish no more: the broadcast ends, or it would wait for one who can't come back. */
  #revoked(error: GatewayError): void {
    this.#leave('stopped').catch((cause) =>
      this.#options.log.error({ err: cause }, 'closing a publisher failed'),
    )
    this.#ended(error, false)
  }

  /** The gateway ended the publication. */
  #ended(error: GatewayError, retry: boolean): void {
    clearInterval(this.#statusTimer)
    this.#publishing = undefined
    // Coming back with the same settings would end the same way.
    const mayRetry = retry && error.code !== 'BITRATE_TOO_HIGH'
    this.#notify({ type: 'ended', error: toErrorShape(error), retry: mayRetry })
    this.#options.close(closeCodes.ended, error.code)
  }

  #reply(reply: Reply): void {
    this.#options.send(JSON.stringify(reply))
  }

  #notify(notice: Notice): void {
    this.#options.send(JSON.stringify(notice))
  }
}
