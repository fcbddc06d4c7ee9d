import type { Router, RtpCapabilities, WebRtcServer } from 'mediasoup/types'

/** A stream's place in the SFU: its router, and the server that takes WebRTC connections of the same worker. */
export type MediaRouter = {
  router: Router
  webRtcServer: WebRtcServer
  close(): void
}

/**
 * Without this extension browsers send video upright instead of telling receivers to turn them, which ffmpeg
 * does not (https://github.com/versatica/mediasoup-website/issues/8).
 */
const videoOrientation = 'urn:3gpp:video-orientation'

/** What the router announces to publishers. */
export function publisherCapabilities(mediaRouter: MediaRouter): RtpCapabilities {
  const { codecs, headerExtensions } = mediaRouter.router.rtpCapabilities
  return {
    ...(codecs ? { codecs } : {}),
    headerExtensions: (headerExtensions ?? []).filter(({ uri }) => uri !== videoOrientation),
  }
}
