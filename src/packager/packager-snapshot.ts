export type PackagerState = 'stopped' | 'waiting' | 'starting' | 'running' | 'retrying'

export type PackagerSnapshot = {
  state: PackagerState
  /** copy: the publisher's H.264 as it is · transcode: anything else, made H.264 · none: no video. */
  video: 'copy' | 'transcode' | 'none'
  /** Process id of its ffmpeg while there is one. */
  pid: number | null
  /** Runs that ended without being asked to, since the stream went live. */
  failures: number
  /** Why the last run ended, if it was not asked to. */
  lastError: string | null
}
