/**
 * Header extensions that the router accepts from publishers: to know tracks and layers apart, for congestion control, and for
 * the time of capture. Not video-orientation: without it pictures come upright, and ffmpeg does not turn them.
 */
export const takenExtensions = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
] as const

export type TakenExtension = (typeof takenExtensions)[number]

/** Whether a publisher may use a header extension. */
export function isTaken(uri: string): uri is TakenExtension {
  return takenExtensions.some((taken) => taken === uri)
}
