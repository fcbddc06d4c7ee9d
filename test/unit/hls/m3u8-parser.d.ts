/** The package has no types: what the tests use of it. */
declare module 'm3u8-parser' {
  export class Parser {
    push(text: string): void
    end(): void
    readonly manifest: {
      mediaSequence: number
      discontinuitySequence: number
      targetDuration: number
      endList?: boolean
      segments: {
        uri: string
        duration: number
        timeline: number
        map?: { uri: string }
        programDateTime?: number
      }[]
      playlists?: { uri: string; attributes: Record<string, unknown> }[]
    }
  }
}
