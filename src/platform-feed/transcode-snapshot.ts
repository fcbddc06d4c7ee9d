/** What is done to the media on its way to a target. */
export type TranscodeSnapshot = {
  /**
   * undecided: the media is looked at first · copy: nothing is encoded · encode: encoded again, once for all targets
   * of the stream that need it.
   */
  mode: 'undecided' | 'copy' | 'encode'
  /** Sentences for people: what is done, and why. None: it is sent as it comes. */
  reasons: string[]
}
