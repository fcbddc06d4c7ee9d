/** What stands in the preview instead of a picture; empty when there is one to see. */
export function previewNote(sends: { video: boolean; audio: boolean; hidden: boolean }): string {
  if (sends.video) return sends.hidden ? 'Video hidden' : ''
  return sends.audio ? 'No video. Viewers hear sound only.' : 'No camera and no microphone'
}
