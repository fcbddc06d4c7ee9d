import { GatewayError, toErrorShape } from '../errors.ts'
import { type IceServerSettings, iceServers } from '../ingest/ice-servers.ts'
import type { Log } from '../log.ts'
import { publisherCapabilities } from '../sfu/media-router.ts'
import type { Stage } from './stage.ts'
import {
  hostRequests,
  type StageNotice,
  type StageReply,
  type StageReplyData,
  type StageRequest,
  type StageRequestType,
  stageProtocolVersion,
  stageRequestSchema,
} from './stage-protocol.ts'
import type { StageRole } from './stage-snapshot.ts'

const maxBadFrames = 3
const maxQueued = 64
/** Chat: this many messages at once, and one more each second. */
const chatBurst = 5
const joinWithinMs = 10_000

export const stageCloseCodes = { ended: 4000, badFrames: 4001 } as const

/** Decides which role somebody gets. @throws GatewayError NOT_INVITED */
export type StageDoor = (facts: {
  as: 'host' | 'guest'
  invite?: string | undefined
  password?: string | undefined
  seatToken?: string | undefined
}) => Promise<StageRole> | StageRole

export type StageSessionOptions = {
  /** Makes the stage when it is not there. */
  openStage: () => Stage
  door: StageDoor
  ice: IceServerSettings
  log: Log
  send: (text: string) => void
  close: (code: number, reason: string) => void
}

type Handlers = {
  [T in StageRequestType]: (
    request: Extract<StageRequest, { type: T }>,
  ) => Promise<StageReplyData[T]> | StageReplyData[T]
}

/** One person's connection to a stage: the server's end of the protocol in `stage-protocol.ts`. */
export class StageSession {
  readonly #options: StageSessionOptions
  readonly #joinTimer: NodeJS.Timeout
  #stage: Stage | undefined
  #personId: string | undefined
  #queue: Promise<void> = Promise.resolve()
  #queued = 0
  #badFrames = 0
  #chatTokens = chatBurst
  #chatAtMs = performance.now()
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
    const parsed = parse(text)
    if ('error' in parsed) {
      this.#send({ id: parsed.id, ok: false, error: toErrorShape(parsed.error) })
      this.#badFrames += 1
      if (this.#badFrames >= maxBadFrames)
        this.#options.close(stageCloseCodes.badFrames, 'too many bad frames')
      return
    }
    if (this.#queued >= maxQueued) {
      this.#options.close(stageCloseCodes.badFrames, 'too many requests')
      return
    }
    this.#queued += 1
    this.#queue = this.#queue.then(() => this.#handle(parsed)).finally(() => (this.#queued -= 1))
  }

  /** The websocket is closed: the seat is kept for a while. */
  async onClose(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#joinTimer)
    await this.#queue
    if (this.#personId !== undefined) this.#stage?.disconnected(this.#personId, this.#connection)
  }

  readonly #handlers: Handlers = {
    join: async ({ protocol, name, seatToken, ...facts }) => {
      if (protocol !== stageProtocolVersion) {
        throw new GatewayError('UNSUPPORTED_PROTOCOL', 'This page is older than the gateway. Reload it.')
      }
      if (this.#stage) throw new GatewayError('WRONG_STATE', 'You are in the room already.')
      const role = await this.#options.door({ ...facts, seatToken })
      if (this.#closed) throw new GatewayError('CONNECTION_LOST', 'The connection broke.')
      const stage = this.#options.openStage()
      const joined = stage.join({ name, role, seatToken }, this.#connection)
      clearTimeout(this.#joinTimer)
      this.#stage = stage
      this.#personId = joined.personId
      return { ...joined, ...this.#view() }
    },
    snapshot: () => ({ snapshot: this.#view().snapshot }),
    openMedia: async () => {
      const { stage, id } = this.#inside()
      const { peer, router } = await stage.openMedia(id)
      return {
        routerRtpCapabilities: publisherCapabilities(router),
        send: peer.parameters('send'),
        receive: peer.parameters('receive'),
        iceServers: iceServers(this.#options.ice, Date.now()),
      }
    },
    capabilities: ({ rtpCapabilities }) => {
      this.#peer().setCapabilities(rtpCapabilities)
      return {}
    },
    connect: async ({ direction, dtlsParameters }) => {
      await this.#peer().connect(direction, dtlsParameters)
      return {}
    },
    restartIce: async ({ direction }) => ({ iceParameters: await this.#peer().restartIce(direction) }),
    produce: async ({ source, rtpParameters }) => {
      const { stage, id } = this.#inside()
      return { producerId: await stage.produce(id, source, rtpParameters) }
    },
    unproduce: ({ source }) => {
      this.#peer().unproduce(source)
      return {}
    },
    pause: async ({ source, paused }) => {
      const { stage, id } = this.#inside()
      await stage.pause(id, source, paused)
      return {}
    },
    consume: ({ personId, source }) => {
      const { stage, id } = this.#inside()
      return stage.consume(id, personId, source)
    },
    prefer: async ({ consumerId, height }) => {
      await this.#peer().prefer(consumerId, height)
      return {}
    },
    hand: ({ raised }) => {
      const { stage, id } = this.#inside()
      stage.roster.raiseHand(id, raised ? new Date().toISOString() : null)
      return {}
    },
    chat: ({ text }) => {
      const { stage, id } = this.#inside()
      if (stage.roster.person(id).place === 'waiting') {
        throw new GatewayError('WRONG_STATE', 'Wait until a host lets you in.')
      }
      this.#spendChat()
      stage.say(id, text)
      return {}
    },
    leave: () => {
      const { stage, id } = this.#inside()
      this.#stage = undefined
      this.#personId = undefined
      stage.leave(id)
      this.#options.close(stageCloseCodes.ended, 'left')
      return {}
    },
    place: ({ personId, place }) => this.#direct((stage) => stage.roster.place(personId, place)),
    mute: ({ personId }) => this.#direct((stage) => stage.mute(personId)),
    askUnmute: ({ personId }) => this.#direct((stage) => stage.askUnmute(personId)),
    stopScreen: ({ personId }) => this.#direct((stage) => stage.stopScreen(personId)),
    remove: ({ personId }) =>
      this.#direct((stage, id) => {
        const { role } = stage.roster.person(personId)
        if (role === 'host') throw new GatewayError('NOT_A_HOST', 'A host can not be removed.')
        stage.leave(personId, id)
      }),
    setRole: ({ personId, role }) =>
      this.#direct((stage, id) => {
        if (stage.roster.person(id).role !== 'host' || stage.roster.person(personId).role === 'host') {
          throw new GatewayError('NOT_A_HOST', 'Only a host can do that, and not to a host.')
        }
        stage.roster.setRole(personId, role)
      }),
    layout: ({ layout }) => this.#direct((stage) => stage.roster.setLayout(layout)),
    banner: ({ text }) => this.#direct((stage) => stage.roster.setBanner(text)),
    lock: ({ locked }) => this.#direct((stage) => stage.roster.setLocked(locked)),
    goLive: () => this.#direct((stage) => stage.goLive()),
    endShow: () => this.#direct((stage) => stage.endShow()),
  }

  async #direct(work: (stage: Stage, id: string) => Promise<void> | void): Promise<Record<string, never>> {
    const { stage, id } = this.#inside()
    await work(stage, id)
    return {}
  }

  /** What this person may know of the room. */
  #view() {
    const { stage, id } = this.#inside()
    const snapshot = stage.roster.snapshot()
    const waiting = stage.roster.person(id).place === 'waiting'
    const people = waiting ? snapshot.people.filter((person) => person.id === id) : snapshot.people
    return { snapshot: { ...snapshot, people }, chat: waiting ? [] : stage.roster.chat }
  }

  /** @throws GatewayError WRONG_STATE before `join`, and for a person who is not in the room any more. */
  #inside(): { stage: Stage; id: string } {
    if (!this.#stage || this.#personId === undefined)
      throw new GatewayError('WRONG_STATE', 'Join the room first.')
    return { stage: this.#stage, id: this.#personId }
  }

  #peer() {
    const { stage, id } = this.#inside()
    return stage.peer(id)
  }

  async #handle(request: StageRequest): Promise<void> {
    if (this.#closed) return
    const { id } = request
    try {
      this.#mayAsk(request.type)
      this.#send({ id, ok: true, data: await this.#dispatch(request) })
    } catch (error) {
      if (!(error instanceof GatewayError) || error.fault === 'ours') {
        this.#options.log.error({ err: error, request: request.type }, 'a request of the stage failed')
      }
      this.#send({ id, ok: false, error: toErrorShape(error) })
    }
  }

  #mayAsk(type: StageRequestType): void {
    if (!hostRequests.has(type)) return
    const { stage, id } = this.#inside()
    if (stage.roster.person(id).role === 'guest')
      throw new GatewayError('NOT_A_HOST', 'Only a host can do that.')
  }

  #dispatch(request: StageRequest): Promise<StageReplyData[StageRequestType]> {
    // The handler of a type takes requests of that type; the compiler can't see the pairing.
    const handler = this.#handlers[request.type] as (
      request: StageRequest,
    ) => Promise<StageReplyData[StageRequestType]>
    return Promise.resolve(handler(request))
  }

  #spendChat(): void {
    const nowMs = performance.now()
    this.#chatTokens = Math.min(chatBurst, this.#chatTokens + (nowMs - this.#chatAtMs) / 1_000)
    this.#chatAtMs = nowMs
    if (this.#chatTokens < 1)
      throw new GatewayError('TOO_MANY_REQUESTS', 'Wait a moment before the next message.')
    this.#chatTokens -= 1
  }

  #send(message: StageReply | StageNotice): void {
    if (!this.#closed) this.#options.send(JSON.stringify(message))
  }
}

type BadFrame = { id: number | null; error: GatewayError }

function parse(text: string): StageRequest | BadFrame {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    return {
      id: null,
      error: new GatewayError('BAD_REQUEST', 'A frame must hold one JSON object.', { cause }),
    }
  }
  const parsed = stageRequestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : null
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
  )
  return {
    id: typeof id === 'number' && Number.isInteger(id) ? id : null,
    error: new GatewayError('BAD_REQUEST', problems.join('; ')),
  }
}
