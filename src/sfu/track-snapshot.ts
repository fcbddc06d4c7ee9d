export type TrackSnapshot = {
  kind: 'audio' | 'video'
  /** As in the RTP parameters, e.g. `video/H264`. */
  codec: string
  /** False while no RTP arrives. */
  active: boolean
}
