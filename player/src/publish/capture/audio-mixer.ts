/** Makes one sound track of several, so that a voice can be heard over the sound of a shared screen. */
export class AudioMixer {
  #context: AudioContext | null = null
  #mixed: MediaStreamTrack | null = null
  #inputs: MediaStreamTrack[] = []

  /** The track to send: null for none, the track itself for one, a mix for more. */
  mix(tracks: MediaStreamTrack[]): MediaStreamTrack | null {
    const same = tracks.length === this.#inputs.length && tracks.every((t, i) => t === this.#inputs[i])
    if (tracks.length < 2) {
      this.#release()
      return tracks[0] ?? null
    }
    if (same && this.#mixed) return this.#mixed
    this.#release()
    const context = new AudioContext({ sampleRate: 48_000 })
    const destination = context.createMediaStreamDestination()
    for (const track of tracks) context.createMediaStreamSource(new MediaStream([track])).connect(destination)
    this.#context = context
    this.#inputs = tracks
    this.#mixed = destination.stream.getAudioTracks()[0] ?? null
    return this.#mixed
  }

  #release(): void {
    this.#context?.close().catch((error: unknown) => console.warn('The sound mixer did not close', error))
    this.#context = null
    this.#mixed = null
    this.#inputs = []
  }
}
