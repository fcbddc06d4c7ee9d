import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'

const replySchema = z.object({
  // Any number that a frame had is given back.
  id: z.number().nullable(),
  ok: z.boolean(),
  data: z.record(z.string(), z.unknown()).optional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
})
export type StageAnswer = z.infer<typeof replySchema>
const joinedSchema = z.object({ personId: z.string(), seatToken: z.string() })

/** A person of a stage without a browser: sends whatever it is given. */
export class StageClient {
  readonly closed: Promise<number>
  personId = ''
  seatToken = ''
  readonly #socket: WebSocket
  readonly #waiting: ((reply: StageAnswer | null) => void)[] = []
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = once(socket, 'close').then(([code]: unknown[]) => {
      for (const each of this.#waiting.splice(0)) each(null)
      return Number(code)
    })
    socket.on('message', (data) => {
      const reply = replySchema.safeParse(JSON.parse(String(data)))
      if (reply.success) this.#waiting.shift()?.(reply.data)
    })
    // The close that follows tells.
    socket.on('error', () => socket.terminate())
  }

  static async open(url: string, stream: string): Promise<StageClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/stage/${stream}`)
    const client = new StageClient(socket)
    await once(socket, 'open')
    return client
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Sends a frame as it is. @returns the reply; null when the gateway closed the connection instead. */
  async raw(frame: string): Promise<StageAnswer | null> {
    if (!this.isOpen) return null
    const { promise, resolve, reject } = Promise.withResolvers<StageAnswer | null>()
    this.#waiting.push(resolve)
    this.#socket.send(frame)
    const patience = setTimeout(() => reject(new Error(`no reply to ${frame}`)), 20_000)
    return await promise.finally(() => clearTimeout(patience))
  }

  /** @throws Error when it is refused. @returns the reply's data. */
  async ask(type: string, fields: object = {}): Promise<Record<string, unknown>> {
    this.#id += 1
    const reply = await this.raw(JSON.stringify({ id: this.#id, type, ...fields }))
    if (!reply?.ok) throw new Error(`${type}: ${JSON.stringify(reply)}`)
    return reply.data ?? {}
  }

  async join(name: string, as: 'host' | 'guest'): Promise<void> {
    const joined = joinedSchema.parse(await this.ask('join', { protocol: 1, name, as }))
    this.personId = joined.personId
    this.seatToken = joined.seatToken
  }

  /** Opens the media and announces camera and microphone, from which no packet comes. */
  async produce(ssrc: number): Promise<void> {
    const { routerRtpCapabilities } = await this.ask('openMedia')
    await this.ask('capabilities', { rtpCapabilities: routerRtpCapabilities })
    await this.ask('produce', { source: 'camera', rtpParameters: rtpParameters('video', ssrc) })
    await this.ask('produce', { source: 'microphone', rtpParameters: rtpParameters('audio', ssrc + 1) })
  }

  /** Goes without a word. */
  async drop(): Promise<void> {
    this.#socket.terminate()
    await this.closed
  }
}

/** What a browser would send of a track. */
export function rtpParameters(kind: 'audio' | 'video', ssrc: number) {
  const codec =
    kind === 'video'
      ? { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }
      : { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }
  return {
    mid: kind === 'video' ? '0' : '1',
    codecs: [{ ...codec, parameters: {}, rtcpFeedback: [] }],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: 'test', reducedSize: true },
  }
}
