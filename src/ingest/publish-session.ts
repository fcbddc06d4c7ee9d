import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError, toErrorShape } from '../errors.ts'
import type { Log } from '../log.ts'
import { publisherCapabilities } from '../sfu/media-router.ts'
import type { Publication } from '../sfu/publication.ts'
import { WebRtcIngest } from '../sfu/webrtc-ingest.ts'
import type { Registry } from '../streams/registry.ts'
import type { Stream } from '../streams/stream.ts'
import { type IceServerSettings, iceServers } from './ice-servers.ts'
import {
  idOf,
  type Notice,
  type Reply,
  type ReplyData,
  type Request,
  type RequestType,
  requestSchema,
} from './protocol.ts'
import { closeCodes, protocolVersion } from './protocol-constants.ts'

/** A connection that sends this many frames that are no requests is closed. */
const maxBadFrames = 3
/** Requests waiting for their turn; a page never has more than a handful. */
const maxQueued = 32
const statusEveryMs = 1_000

export type PublishSettings = IceServerSettings & Pick<LimitsConfig, 'maxPublishBitrateBps'>

export type PublishSessionOptions = {
  streamName: string
  registry: Registry
  config: PublishSettings
  log: Log
  send: (text: string) => void
  /** Closes the websocket. */
  close: (code: number, reason: string) => void
}

type Handlers = { [T in RequestType]: (request: Extract<Request, { type: T }>) => Promise<ReplyData[T]> }

type Publishing = { stream: Stream; publication: Publication; ingest: WebRtcIngest }

/** One browser publisher: the server's end of the protocol in `protocol.ts`. */
export class PublishSession {
  readonly #options: PublishSessionOptions
  #publishing: Publishing | undefined
  /** Requests are handled one after the other. */
  #queue: Promise<void> = Promise.resolve()
  #queued = 0
  #badFrames = 0
  #statusTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PublishSessionOptions) {
    this.#options = options
  }

  /** Takes a frame. Whatever is wrong with it is answered, never thrown. */
  onMessage(text: string): void {
    const parsed = parseRequest(text)
    if ('error' in parsed) {
      this.#reply({ id: parsed.id, ok: false, error: toErrorShape(parsed.error) })
      this.#badFrames += 1
      if (this.#badFrames >= maxBadFrames) this.#options.close(closeCodes.badFrames, 'too many bad frames')
      return
    }
    if (this.#queued >= maxQueued) {
      this.#options.close(closeCodes.badFrames, 'too many requests')
      return
    }
    this.#queued += 1
    this.#queue = this.#queue.then(() => this.#handle(parsed)).finally(() => (this.#queued -= 1))
  }

  /** The websocket is closed: the publisher is lost unless it said `stop`. */
  async onClose(): Promise<void> {
    this.#closed = true
    await this.#queue
    await this.#leave('lost')
  }

  readonly #handlers: Handlers = {
    publish: async ({ protocol, kinds, resumeToken }) => {
      if (protocol !== protocolVersion) {
        throw new GatewayError('UNSUPPORTED_PROTOCOL', 'This page is older than the gateway. Reload it.')
      }
      if (this.#publishing) throw new GatewayError('WRONG_STATE', 'This connection publishes already.')
      const { registry, streamName, config } = this.#options
      const published = await registry.publish(streamName, {
        kinds,
        resumeToken,
        onEnd: (error, retry) => this.#ended(error, retry),
      })
      const { stream, publication } = published
      const maxBitrateBps = config.maxPublishBitrateBps
      const ingest = await WebRtcIngest.create(publication, { maxBitrateBps }).catch(async (error) => {
        await stream.release(publication, 'lost')
        throw error
      })
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
      return {}
    },
  }

  #ingest(): WebRtcIngest {
    if (!this.#publishing) throw new GatewayError('WRONG_STATE', 'Nothing is published on this connection.')
    return this.#publishing.ingest
  }

  async #handle(request: Request): Promise<void> {
    // After the close nobody waits for an answer, and a late `publish` must not take the stream.
    if (this.#closed) return
    const { id } = request
    try {
      this.#reply({ id, ok: true, data: await this.#dispatch(request) })
    } catch (error) {
      if (!(error instanceof GatewayError) || error.fault === 'ours') {
        this.#options.log.error({ err: error, request: request.type }, 'a publishing request failed')
      }
      this.#reply({ id, ok: false, error: toErrorShape(error) })
    }
  }

  #dispatch(request: Request): Promise<ReplyData[RequestType]> {
    // The handler of a type takes requests of that type; the compiler can't see the pairing.
    const handler = this.#handlers[request.type] as (request: Request) => Promise<ReplyData[RequestType]>
    return handler(request)
  }

  async #leave(how: 'stopped' | 'lost'): Promise<void> {
    clearInterval(this.#statusTimer)
    const publishing = this.#publishing
    this.#publishing = undefined
    if (!publishing) return
    await publishing.stream.release(publishing.publication, how)
    publishing.ingest.close()
  }

  /** The gateway ended the publication. */
  #ended(error: GatewayError, retry: boolean): void {
    clearInterval(this.#statusTimer)
    this.#publishing = undefined
    this.#notify({ type: 'ended', error: toErrorShape(error), retry })
    this.#options.close(closeCodes.ended, error.code)
  }

  #reply(reply: Reply): void {
    this.#options.send(JSON.stringify(reply))
  }

  #notify(notice: Notice): void {
    this.#options.send(JSON.stringify(notice))
  }
}

type BadFrame = { id: number | null; error: GatewayError }

function parseRequest(text: string): Request | BadFrame {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    return {
      id: null,
      error: new GatewayError('BAD_REQUEST', 'A frame must hold one JSON object.', { cause }),
    }
  }
  const parsed = requestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
  )
  return { id: idOf(json), error: new GatewayError('BAD_REQUEST', problems.join('; ')) }
}
