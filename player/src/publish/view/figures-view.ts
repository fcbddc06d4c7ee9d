import { byId } from '../../common/by-id.ts'
import { formatBitrate } from '../../common/format.ts'
import { setText } from '../../common/set-text.ts'
import { type Figures, figuresBetween, type Sample, sampleOf } from './figures.ts'

const unknown = '–'
const limits: Record<string, string> = {
  cpu: 'This computer is too slow for this picture size. Choose a smaller one.',
  bandwidth: 'The network is too slow for this bitrate. Choose a lower one.',
}

/** The live figures; fed with the browser's statistics about once a second. */
export class FiguresView {
  readonly #bitrate = byId('figure-bitrate', HTMLElement)
  readonly #fps = byId('figure-fps', HTMLElement)
  readonly #size = byId('figure-size', HTMLElement)
  readonly #roundTrip = byId('figure-rtt', HTMLElement)
  readonly #loss = byId('figure-loss', HTMLElement)
  readonly #note = byId('figures-note', HTMLElement)
  #last: Sample | null = null

  update(report: RTCStatsReport | null): void {
    if (report === null) {
      this.#last = null
      this.#show(null)
      return
    }
    const stats: Iterable<Record<string, unknown>> = report.values()
    const sample = sampleOf(stats, performance.now())
    const figures = this.#last && figuresBetween(this.#last, sample)
    this.#last = sample
    this.#show(figures)
  }

  #show(figures: Figures | null): void {
    const { framesPerSecond, width, height, roundTripMs } = figures ?? {}
    setText(this.#bitrate, figures ? formatBitrate(figures.bitrateBps) : unknown)
    setText(this.#fps, typeof framesPerSecond === 'number' ? String(Math.round(framesPerSecond)) : unknown)
    setText(this.#size, width && height ? `${width} × ${height}` : unknown)
    setText(this.#roundTrip, typeof roundTripMs === 'number' ? `${Math.round(roundTripMs)} ms` : unknown)
    setText(this.#loss, figures ? `${(figures.loss * 100).toFixed(1)} %` : unknown)
    setText(this.#note, limits[figures?.limitedBy ?? ''] ?? '')
  }
}
