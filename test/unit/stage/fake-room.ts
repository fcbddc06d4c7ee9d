import type { GatewayError } from '../../../src/errors.ts'
import { createLog } from '../../../src/log.ts'
import type { MediaRouter } from '../../../src/sfu/media-router.ts'
import type { PeerTrack, StagePeerOptions } from '../../../src/sfu/stage-peer.ts'
import { Invites } from '../../../src/stage/invites.ts'
import type { ProgrammeInput } from '../../../src/stage/programme.ts'
import type { Stage } from '../../../src/stage/stage.ts'
import { stageDoor } from '../../../src/stage/stage-door.ts'
import type { Peer } from '../../../src/stage/stage-media.ts'
import { StageSession } from '../../../src/stage/stage-session.ts'
import type { ProgrammeStart } from '../../../src/stage/stage-show.ts'
import { Stages } from '../../../src/stage/stages.ts'

const log = createLog({ level: 'silent', pretty: false })

/** The SFU's end of a person, without an SFU. */
export class FakePeer implements Peer {
  readonly options: StagePeerOptions
  readonly tracks = new Map<string, PeerTrack>()
  readonly consumed = new Map<string, string>()
  /** Runs while the SFU makes a producer. */
  whileProducing: () => Promise<void> = async () => undefined
  closed = false
  #made = 0

  constructor(options: StagePeerOptions) {
    this.options = options
  }

  offer() {
    const transport = {
      id: 'transport',
      iceParameters: { usernameFragment: 'u', password: 'p' },
      iceCandidates: [],
      dtlsParameters: { fingerprints: [] },
    }
    return { routerRtpCapabilities: { headerExtensions: [] }, send: transport, receive: transport }
  }

  setCapabilities(): void {
    return
  }

  async connect(): Promise<void> {
    return
  }

  async restartIce() {
    return { usernameFragment: 'u', password: 'p' }
  }

  async produce(name: string, kind: 'audio' | 'video', _parameters: object, paused: boolean) {
    this.#made += 1
    const id = `${name}-${this.#made}`
    await this.whileProducing()
    this.tracks.set(name, { id, kind, paused, mimeType: 'video/VP8', active: true, layers: 1 })
    return id
  }

  unproduce(name: string): void {
    this.tracks.delete(name)
    this.options.onTracks()
  }

  async setPaused(name: string, paused: boolean): Promise<void> {
    const track = this.tracks.get(name)
    if (track) this.tracks.set(name, { ...track, paused })
  }

  track(name: string): PeerTrack | undefined {
    return this.tracks.get(name)
  }

  async consume(producerId: string) {
    const consumerId = `consumer-of-${producerId}`
    this.consumed.set(consumerId, producerId)
    const rtpParameters = { codecs: [], encodings: [] }
    return { consumerId, producerId, kind: 'video' as const, rtpParameters }
  }

  closeConsumers(isAllowed: (producerId: string) => boolean): void {
    for (const [consumerId, producerId] of this.consumed) {
      if (!isAllowed(producerId)) this.consumed.delete(consumerId)
    }
  }

  async prefer(): Promise<void> {
    return
  }

  async figures() {
    return { score: 10, roundTripMs: 20, lostShare: 0, bitrateBps: 500_000 }
  }

  close(): void {
    this.closed = true
  }
}

type Frame = Record<string, unknown> & { type?: string }

/** A person's page: sends frames to a session, and keeps what comes back. */
export class FakePage {
  readonly frames: Frame[] = []
  readonly session: StageSession
  closedWith: [number, string] | null = null
  seatToken = ''
  id = ''
  #requests = 0

  constructor(room: FakeRoom) {
    this.session = new StageSession({
      findStage: () => room.stages.get('talk'),
      openStage: () => room.stages.open('talk'),
      door: stageDoor({
        stream: 'talk',
        invites: room.invites,
        password: () => room.stages.get('talk')?.roster.password ?? null,
        role: (as) => (room.closedDoor && as === 'guest' ? null : as),
      }),
      ice: { stunUrls: [], turnUrls: [], turnSecret: null },
      log,
      send: (text) => this.frames.push(JSON.parse(text)),
      close: (code, reason) => {
        this.closedWith ??= [code, reason]
      },
    })
  }

  /** @returns the data of the reply, or the code of its error. */
  async ask(type: string, fields: object = {}): Promise<Record<string, unknown> | string> {
    this.#requests += 1
    const id = this.#requests
    this.session.onMessage(JSON.stringify({ id, type, ...fields }))
    for (let turn = 0; turn < 200; turn += 1) {
      const reply = this.frames.find((frame) => frame.id === id)
      if (reply) return reply.ok ? (reply.data as Record<string, unknown>) : codeOf(reply)
      await Promise.resolve()
    }
    throw new Error(`no reply to ${type}`)
  }

  async join(name: string, as: 'host' | 'guest', more: object = {}) {
    const reply = await this.ask('join', { protocol: 1, name, as, ...more })
    if (typeof reply !== 'string') {
      this.id = String(reply.personId)
      this.seatToken = String(reply.seatToken)
    }
    return reply
  }

  notices(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type)
  }
}

function codeOf(frame: Frame): string {
  const { error } = frame
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'none'
}

/** A stage with everything real but mediasoup and the mixer. */
export class FakeRoom {
  readonly invites = new Invites()
  readonly peers: FakePeer[] = []
  readonly programmes: { options: ProgrammeStart; inputs: readonly ProgrammeInput[]; closed: boolean }[] = []
  readonly stages: Stages
  readonly workerDeaths: (() => void)[] = []
  routersClosed = 0
  /** Runs while the SFU makes transports. */
  whileOpening: () => void = () => undefined
  busy: GatewayError | null = null
  /** Guests need an invite. */
  closedDoor = false

  constructor() {
    this.stages = new Stages(
      {
        createRouter: async (onDied) => {
          this.workerDeaths.push(onDied)
          const close = (): void => {
            this.routersClosed += 1
          }
          // Only fake peers see it, and they do not look.
          return { close } as MediaRouter
        },
        createPeer: async (options) => {
          const peer = new FakePeer(options)
          this.peers.push(peer)
          this.whileOpening()
          return peer
        },
        startProgramme: async (options) => {
          const programme = { options, inputs: [] as readonly ProgrammeInput[], closed: false }
          this.programmes.push(programme)
          return {
            update(inputs) {
              programme.inputs = inputs
            },
            async close() {
              programme.closed = true
            },
          }
        },
        admits: () => this.busy,
        invites: this.invites,
        maxBitrateBps: 1_000_000,
        log,
      },
      2,
    )
  }

  page(): FakePage {
    return new FakePage(this)
  }

  /** A person who is in, with open media and camera and microphone. */
  async person(name: string, as: 'host' | 'guest', host?: FakePage): Promise<FakePage> {
    const page = this.page()
    await page.join(name, as)
    if (host) await host.ask('place', { personId: page.id, place: 'backstage' })
    await page.ask('openMedia')
    for (const source of ['camera', 'microphone']) await page.ask('produce', { source, rtpParameters: {} })
    return page
  }

  get stage(): Stage {
    const stage = this.stages.get('talk')
    if (!stage) throw new Error('the stage is closed')
    return stage
  }

  /** The newest peer of those that are open, by the order in which people opened their media. */
  peer(index: number): FakePeer {
    const peer = this.peers[index]
    if (!peer) throw new Error(`there is no peer ${index}`)
    return peer
  }
}
