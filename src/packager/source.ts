/** A track that a source has at this moment. */
export type SourceTrack = {
  id: string
  kind: 'audio' | 'video'
  /** As in RTP: `video/H264`. */
  mimeType: string
  /** RTP arrives. */
  active: boolean
  /** When `active` last changed, ms on the monotonic clock (`performance.now()`). */
  sinceMs: number
}

/** RTP of some tracks on its way to an ffmpeg on this machine. Nothing flows before `start()`. */
export type SourceTap = {
  /** Describes the tracks, for ffmpeg's input. */
  readonly sdp: string
  /** UDP ports of 127.0.0.1 at which ffmpeg has to listen before `start()`. */
  readonly ports: readonly number[]
  /** Lets media flow, video from a keyframe on. Resolves when everything flows, or when the signal aborts. */
  start(signal: AbortSignal): Promise<void>
  /** Asks for a keyframe of the video, if there is any. */
  requestKeyFrame(): void
  /** Resolves when its ports are free again. May be called twice. */
  close(): Promise<void>
}

/** What the media of a stream comes from. A publication is one. */
export type Source = {
  /** Kinds of track that will come: the packager waits a little for all of them. */
  readonly announcedKinds: readonly SourceTrack['kind'][]
  readonly tracks: readonly SourceTrack[]
  /**
   * Calls back whenever a track came, went, started or stopped sending.
   * @returns the undo.
   */
  onTracksChanged(listener: () => void): () => void
  /**
   * The caller owes a `close()`.
   * @param tracks some of the present ones.
   * @throws GatewayError NO_FREE_PORTS, WORKER_DIED
   */
  openTap(tracks: readonly SourceTrack[]): Promise<SourceTap>
}
