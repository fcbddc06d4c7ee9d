import type { RouterRtpCodecCapability, RtpCodecParameters } from 'mediasoup/types'
import { GatewayError } from '../errors.ts'
import type { Publication, TrackKind } from './publication.ts'
import type { Room } from './room.ts'
import { Viewer } from './viewer.ts'
import { readViewerOffer, viewerCodec } from './viewer-offer.ts'
import { openViewerRoom, type ViewerRoom } from './viewer-room.ts'

/** Rooms of one publication: browsers of one make and version share one, so that few are needed. */
const maxRooms = 16
/** How long a publication's announced tracks are waited for before viewers get what is there. */
const announcedWithinMs = 3_000

export type ViewersOptions = {
  publication: Publication
  /** A room with these codecs on the least busy worker; `onDied` when that worker breaks down. */
  createRoom: (codecs: RouterRtpCodecCapability[], onDied: () => void) => Promise<Room>
}

type Shared = { opening: Promise<ViewerRoom>; viewers: number; close: () => void }

/** The real-time viewers of one publication. What they get is fixed at the start: all of them end when its tracks change. */
export class Viewers {
  readonly #options: ViewersOptions
  readonly #rooms = new Map<string, Shared>()
  #trackIds = ''
  #closed = false

  constructor(options: ViewersOptions) {
    this.#options = options
  }

  /**
   * Answers a viewer's offer.
   * @param onEnd called once when the viewer is gone or has to come back.
   * @throws GatewayError NOT_LIVE, NO_COMMON_CODEC, BAD_REQUEST, UNSUPPORTED_MEDIA, TOO_MANY_VIEWERS, WORKER_DIED
   */
  async watch(sdp: string, onEnd: () => void): Promise<Viewer> {
    const { publication } = this.#options
    if (this.#closed || !isReady(publication))
      throw new GatewayError('NOT_LIVE', 'Nothing is sent yet. Try again soon.')
    const published = new Map<TrackKind, RtpCodecParameters>()
    for (const { kind, producer } of publication.tracks) {
      const [codec] = producer.consumableRtpParameters.codecs
      if (codec) published.set(kind, codec)
    }
    const offer = readViewerOffer(sdp, published)
    const codecs = offer.wanted.map(viewerCodec)
    const key = codecs
      .map(({ mimeType, preferredPayloadType }) => `${mimeType}:${preferredPayloadType}`)
      .join(' ')
    const shared = this.#share(key, codecs)
    shared.viewers += 1
    const leave = (): void => {
      shared.viewers -= 1
      if (shared.viewers > 0) return
      if (this.#rooms.get(key) === shared) this.#rooms.delete(key)
      shared.close()
    }
    let room: ViewerRoom
    try {
      room = await shared.opening
    } catch (cause) {
      leave()
      if (cause instanceof GatewayError) throw cause
      throw new GatewayError('WORKER_DIED', 'The media worker is restarting. Try again in a moment.', {
        cause,
      })
    }
    let left = false
    const onClose = (): void => {
      if (left) return
      left = true
      leave()
      onEnd()
    }
    try {
      return await Viewer.open(room, offer, onClose)
    } catch (error) {
      onClose()
      throw error
    }
  }

  /** To be called when tracks came, went, or changed their activity. */
  tracksChanged(): void {
    const ids = this.#options.publication.tracks.map(({ id }) => id).join(' ')
    if (ids === this.#trackIds) return
    this.#trackIds = ids
    this.#endAll()
  }

  /** Every player notices at once. May be called twice. */
  close(): void {
    this.#closed = true
    this.#endAll()
  }

  #endAll(): void {
    const rooms = [...this.#rooms.values()]
    this.#rooms.clear()
    for (const { close } of rooms) close()
  }

  #share(key: string, codecs: RouterRtpCodecCapability[]): Shared {
    const known = this.#rooms.get(key)
    if (known) return known
    if (this.#rooms.size >= maxRooms) {
      throw new GatewayError(
        'TOO_MANY_VIEWERS',
        'Too many kinds of players watch this stream. Try again soon.',
      )
    }
    const { publication, createRoom } = this.#options
    let closed = false
    let opened: Room | undefined
    const close = (): void => {
      closed = true
      opened?.close()
      if (this.#rooms.get(key) === shared) this.#rooms.delete(key)
    }
    const open = async (): Promise<ViewerRoom> => {
      const room = await createRoom(codecs, close)
      opened = room
      if (closed) {
        room.close()
        throw new GatewayError('NOT_LIVE', 'The publisher left. Try again soon.')
      }
      const kinds = new Set(codecs.map(({ kind }) => kind))
      return await openViewerRoom(
        publication.room,
        publication.tracks.filter(({ kind }) => kinds.has(kind)),
        room,
      )
    }
    const shared: Shared = { opening: open(), viewers: 0, close }
    this.#rooms.set(key, shared)
    return shared
  }
}

function isReady({ tracks, announcedKinds, startedAtMs }: Publication): boolean {
  if (tracks.length === 0) return false
  return tracks.length >= announcedKinds.length || Date.now() - startedAtMs > announcedWithinMs
}
