import { GatewayError, toErrorShape } from '../errors.ts'
import type { IceServerSettings } from '../ingest/ice-servers.ts'
import { TokenBucket } from '../limit/token-bucket.ts'
import type { Log } from '../log.ts'
import { readStageRequest } from './read-stage-request.ts'
import type { Stage } from './stage.ts'
import type { StageDoor } from './stage-door.ts'
import {
  type StageNotice,
  type StageReply,
  type StageReplyData,
  type StageRequest,
  type StageRequestType,
  stageProtocolVersion,
} from './stage-protocol.ts'
import { answerInside } from './stage-requests.ts'

const maxBadFrames = 3
const maxQueued = 64
/** Requests at once, and each second: a person who comes into a full room consumes four tracks of 49 others. */
const requestBurst = 400
const requestsPerSecond = 40
const joinWithinMs = 10_000

export const stageCloseCodes = { ended: 4000, badFrames: 4001 } as const

export type StageSessionOptions = {
  /** The stage when it is there. */
  findStage: () => Stage | undefined
  /** Makes the stage when it is not there. */
  openStage: () => Stage
  door: StageDoor
  ice: IceServerSettings
  log: Log
  send: (text: string) => void
  close: (code: number, reason: string) => void
}

/** One person's connection to a stage: the server's end of the protocol in `stage-protocol.ts`. */
export class StageSession {
  readonly #options: StageSessionOptions
  readonly #joinTimer: NodeJS.Timeout
  readonly #rate = new TokenBucket(requestBurst, requestsPerSecond)
  #inside: { stage: Stage; personId: string } | undefined
  #queue: Promise<void> = Promise.resolve()
  #queued = 0
  #badFrames = 0
  #closed = false
  readonly #connection = {
    notify: (notice: StageNotice) => this.#send(notice),
    end: (error: GatewayError, retry: boolean) => {
      this.#send({ type: 'ended', error: toErrorShape(error), retry })
      this.#options.close(stageCloseCodes.ended, error.code)
    },
  }

  constructor(options: StageSessionOptions) {
    this.#options = options
    this.#joinTimer = setTimeout(() => options.close(stageCloseCodes.badFrames, 'no join'), joinWithinMs)
  }

  /** Takes a frame. What is wrong with it is answered, never thrown. */
  onMessage(text: string): void {
    if (this.#queued >= maxQueued || !this.#rate.take()) {
      this.#options.close(stageCloseCodes.badFrames, 'too many requests')
      return
    }
    const read = readStageRequest(text)
    if ('error' in read) {
      this.#send({ id: read.id, ok: false, error: toErrorShape(read.error) })
      this.#badFrames += 1
      if (this.#badFrames >= maxBadFrames) {
        this.#options.close(stageCloseCodes.badFrames, 'too many bad frames')
      }
      return
    }
    this.#queued += 1
    this.#queue = this.#queue
      .then(() => this.#handle(read))
      .finally(() => {
        this.#queued -= 1
      })
  }

  /** The websocket is closed: the seat is kept for a while. */
  async onClose(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#joinTimer)
    await this.#queue
    this.#inside?.stage.disconnected(this.#inside.personId, this.#connection)
  }

  async #handle(request: StageRequest): Promise<void> {
    if (this.#closed) return
    const { id } = request
    try {
      this.#send({ id, ok: true, data: await this.#answer(request) })
    } catch (error) {
      if (!(error instanceof GatewayError) || error.fault === 'ours') {
        this.#options.log.error({ err: error, request: request.type }, 'a request of the stage failed')
      }
      this.#send({ id, ok: false, error: toErrorShape(error) })
    }
  }

  #answer(
    request: StageRequest,
  ): Promise<StageReplyData[StageRequestType]> | StageReplyData[StageRequestType] {
    if (request.type === 'join') return this.#join(request)
    const inside = this.#inside
    if (!inside) throw new GatewayError('WRONG_STATE', 'Join the room first.')
    if (request.type !== 'leave') {
      return answerInside(request, inside.stage, inside.personId, this.#options.ice)
    }
    this.#inside = undefined
    inside.stage.leave(inside.personId)
    this.#options.close(stageCloseCodes.ended, 'left')
    return {}
  }

  async #join(request: Extract<StageRequest, { type: 'join' }>): Promise<StageReplyData['join']> {
    const { protocol, name, seatToken, as, invite, password } = request
    if (protocol !== stageProtocolVersion) {
      throw new GatewayError('UNSUPPORTED_PROTOCOL', 'This page is older than the gateway. Reload it.')
    }
    if (this.#inside) throw new GatewayError('WRONG_STATE', 'You are in the room already.')
    // A seat is let in again without the door: its invite may be used up.
    const seated = this.#options.findStage()?.roster.seated(seatToken)
    const entry = seated
      ? { role: seated.role, inviteId: null }
      : await this.#options.door({ as, invite, password })
    if (this.#closed) throw new GatewayError('CONNECTION_LOST', 'The connection broke.')
    const stage = this.#options.openStage()
    const joined = stage.join({ ...entry, name, seatToken }, this.#connection)
    clearTimeout(this.#joinTimer)
    this.#inside = { stage, personId: joined.personId }
    return { ...joined, ...stage.view(joined.personId) }
  }

  #send(message: StageReply | StageNotice): void {
    if (!this.#closed) this.#options.send(JSON.stringify(message))
  }
}
