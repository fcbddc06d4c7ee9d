export type FeedSnapshot = {
  /** Packager runs that delivered media into this feed. */
  epochs: number
  fragments: number
  bufferedBytes: number
  /** Over the fragments in the ring. */
  bitrateBps: number
  /** From the newest initialisation segment, e.g. `avc1.42e01f,mp4a.40.2`. */
  codecs: string
  width: number | null
  height: number | null
  framesPerSecond: number | null
  /** ISO time at which the newest fragment arrived. */
  newestAt: string | null
}
