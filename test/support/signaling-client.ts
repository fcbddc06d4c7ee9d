import { once } from 'node:events'
import { text as readText } from 'node:stream/consumers'
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'

const replySchema = z.object({
  id: z.int().nullable(),
  ok: z.boolean(),
  data: z.record(z.string(), z.unknown()).optional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
})
const noticeSchema = z.looseObject({ type: z.string() })

export type AnyReply = z.infer<typeof replySchema>

/** What a refused upgrade was answered with. */
export class Refused extends Error {
  readonly status: number
  readonly body: string

  constructor(status: number, body: string) {
    super(`refused with ${status}: ${body}`)
    this.status = status
    this.body = body
  }
}

/** A publisher's websocket without a browser: sends whatever it is told to. */
export class SignalingClient {
  readonly replies: AnyReply[] = []
  readonly notices: z.infer<typeof noticeSchema>[] = []
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = once(socket, 'close').then(([code]: unknown[]) => Number(code))
    socket.on('message', (data) => {
      const frame: unknown = JSON.parse(String(data))
      const reply = replySchema.safeParse(frame)
      if (reply.success) this.replies.push(reply.data)
      else this.notices.push(noticeSchema.parse(frame))
    })
    // The close that follows tells.
    socket.on('error', () => socket.terminate())
  }

  /** @throws Refused when the gateway answers with something else than the upgrade. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SignalingClient> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers })
    const client = new SignalingClient(socket)
    const refused = Promise.withResolvers<never>()
    socket.once('unexpected-response', (_, response) => {
      readText(response).then(
        (body) => refused.reject(new Refused(response.statusCode ?? 0, body)),
        refused.reject,
      )
    })
    await Promise.race([once(socket, 'open'), refused.promise])
    return client
  }

  /** Sends a frame as it is; resolves with the next reply. */
  async raw(frame: string | Buffer): Promise<AnyReply> {
    const before = this.replies.length
    this.#socket.send(frame)
    return await vi.waitFor(() => {
      const reply = this.replies[before]
      if (!reply) throw new Error('no reply came')
      return reply
    }, 5_000)
  }

  /** Sends a frame to which no reply may come. */
  send(frame: string | Buffer): void {
    this.#socket.send(frame)
  }

  async request(type: string, fields: Record<string, unknown> = {}): Promise<AnyReply> {
    this.#id += 1
    const id = this.#id
    const reply = await this.raw(JSON.stringify({ id, type, ...fields }))
    if (reply.id !== id) throw new Error(`request ${id} was answered with ${JSON.stringify(reply)}`)
    return reply
  }

  publish(fields: Record<string, unknown> = {}): Promise<AnyReply> {
    return this.request('publish', { protocol: 1, kinds: ['video'], ...fields })
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.closed
  }
}

export const goodDtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
}

/** What a browser would send for VP8. */
export function goodRtpParameters(ssrc: number) {
  return {
    mid: '0',
    codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, parameters: {}, rtcpFeedback: [] }],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: 'test', reducedSize: true },
  }
}
