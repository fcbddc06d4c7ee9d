import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'
import { byId } from '../../common/by-id.ts'
import { formatClock } from '../../common/format.ts'
import { setText } from '../../common/set-text.ts'
import { isRunning, type PublisherState, publisherStatusText } from '../connection/publisher-state.ts'

const titleMarks: Partial<Record<PublisherState['phase'], string>> = { live: '● Live: ', reconnecting: '… ' }

/** The preview, the big button and the status line. */
export class PreviewView {
  readonly #stream: string
  readonly #preview = byId('preview', HTMLVideoElement)
  readonly #note = byId('preview-note', HTMLElement)
  readonly #button = byId('go-live', HTMLButtonElement)
  readonly #status = byId('status', HTMLElement)
  readonly #clock = byId('live-clock', HTMLElement)

  constructor(stream: string) {
    this.#stream = stream
  }

  render(state: PublisherState, snapshot: StreamSnapshot | null): void {
    const running = isRunning(state)
    document.documentElement.dataset.state = state.phase
    document.title = `${titleMarks[state.phase] ?? ''}${this.#stream} · Sluice`
    setText(this.#button, running ? 'Stop' : 'Go live')
    this.#button.dataset.running = String(running)
    setText(this.#status, publisherStatusText(state, snapshot?.hls?.playable ?? false, Date.now()))
    setText(this.#clock, state.phase === 'live' ? formatClock(Date.now() - state.sinceMs) : '')
  }

  /** @param note what to say instead of a picture; empty to let the picture speak */
  showTrack(track: MediaStreamTrack | null, note: string): void {
    const shown =
      this.#preview.srcObject instanceof MediaStream ? this.#preview.srcObject.getTracks()[0] : null
    if (track !== (shown ?? null)) this.#preview.srcObject = track ? new MediaStream([track]) : null
    setText(this.#note, note)
    this.#note.hidden = note === ''
  }
}
