import type { RouterRtpCodecCapability, RtpCodecParameters } from 'mediasoup/types'
import { GatewayError } from '../../errors.ts'
import type { ClientKey } from '../../limit/client-key.ts'
import { CountLimit, type Fullness } from '../../limit/count-limit.ts'
import type { MediaRouter } from '../media-router.ts'
import type { Publication, TrackKind } from '../publication.ts'
import { readViewerOffer, viewerCodec } from '../sdp/viewer-offer.ts'
import { Viewer } from './viewer.ts'
import { openViewerRouter, type ViewerRouter } from './viewer-router.ts'
import type { WatchRequest } from './watch-request.ts'

/** Viewer routers of one publication: browsers of one make and version share one, so that few are needed. */
const maxRouters = 16
/** Of these, those that viewers of one address were the first to need: made-up payload types would take all. */
const maxRoutersEach = 4
/** How long a publication's announced tracks are waited for before viewers get what is there. */
const announcedWithinMs = 3_000

export type ViewersOptions = {
  publication: Publication
  /** A mediaRouter with these codecs on the least busy worker; `onDied` when that worker breaks down. */
  createMediaRouter: (codecs: RouterRtpCodecCapability[], onDied: () => void) => Promise<MediaRouter>
}

type Shared = { opening: Promise<ViewerRouter>; viewers: number; close: () => void }

/** The real-time viewers of one publication. What they get is fixed at the start: all of them end when its tracks change. */
export class Viewers {
  readonly #options: ViewersOptions
  readonly #routers = new Map<string, Shared>()
  readonly #places = new CountLimit({ total: maxRouters, each: maxRoutersEach })
  #trackIds = ''
  #closed = false

  constructor(options: ViewersOptions) {
    this.#options = options
  }

  /**
   * Answers a viewer's offer.
   * @param onEnd called once when the viewer is gone or has to come back.
   * @throws GatewayError NOT_LIVE, NO_COMMON_CODEC, BAD_REQUEST, UNSUPPORTED_MEDIA, TOO_MANY_VIEWERS,
   * TOO_MANY_REQUESTS, WORKER_DIED
   */
  async watch({ offer: sdp, client }: WatchRequest, onEnd: () => void): Promise<Viewer> {
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
    const shared = this.#share(key, codecs, client)
    shared.viewers += 1
    const leave = (): void => {
      shared.viewers -= 1
      if (shared.viewers > 0) return
      if (this.#routers.get(key) === shared) this.#routers.delete(key)
      shared.close()
    }
    let mediaRouter: ViewerRouter
    try {
      mediaRouter = await shared.opening
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
      return await Viewer.open(mediaRouter, offer, onClose)
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
    const routers = [...this.#routers.values()]
    this.#routers.clear()
    for (const { close } of routers) close()
  }

  #share(key: string, codecs: RouterRtpCodecCapability[], client: ClientKey): Shared {
    const known = this.#routers.get(key)
    if (known) return known
    const freePlace = this.#places.enter(client, tooManyKinds)
    const { publication, createMediaRouter } = this.#options
    let closed = false
    let opened: MediaRouter | undefined
    const close = (): void => {
      closed = true
      freePlace()
      opened?.close()
      if (this.#routers.get(key) === shared) this.#routers.delete(key)
    }
    const open = async (): Promise<ViewerRouter> => {
      const mediaRouter = await createMediaRouter(codecs, close)
      opened = mediaRouter
      if (closed) {
        mediaRouter.close()
        throw new GatewayError('NOT_LIVE', 'The publisher left. Try again soon.')
      }
      const kinds = new Set(codecs.map(({ kind }) => kind))
      return await openViewerRouter(
        publication.mediaRouter,
        publication.tracks.filter(({ kind }) => kinds.has(kind)),
        mediaRouter,
      )
    }
    const shared: Shared = { opening: open(), viewers: 0, close }
    this.#routers.set(key, shared)
    return shared
  }
}

function tooManyKinds(fullness: Fullness): GatewayError {
  return fullness === 'client'
    ? new GatewayError('TOO_MANY_REQUESTS', 'Too many kinds of players watch this stream from your address.')
    : new GatewayError('TOO_MANY_VIEWERS', 'Too many kinds of players watch this stream. Try again soon.')
}

function isReady({ tracks, announcedKinds, startedAtMs }: Publication): boolean {
  if (tracks.length === 0) return false
  return tracks.length >= announcedKinds.length || performance.now() - startedAtMs > announcedWithinMs
}
