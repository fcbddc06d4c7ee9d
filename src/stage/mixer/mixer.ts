import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { NutPacket } from '../../nut/nut-reader.ts'
import { ActiveSpeaker } from '../active-speaker.ts'
import { type Placed, placeTiles, type Rect } from '../layout.ts'
import { blit, type Colour, createPicture, even, fade, fill, lay, type Picture } from './canvas.ts'
import type { Cards } from './cards.ts'
import type { ProgrammeSettings } from './encoder-args.ts'
import { FramePool } from './frame-pool.ts'
import { Input, type InputSpec } from './input.ts'
import { Limiter } from './limiter.ts'
import { ProgrammeEncoder } from './programme-encoder.ts'
import { emptyScene, type Scene } from './scene.ts'

/** Pictures on their way into the encoder; beyond them pictures are skipped, never waited for. */
const canvases = 5
const fadeMs = 200
const sampleRateHz = 48_000
const background: Colour = { y: 28, u: 132, v: 124 }
const card: Colour = { y: 50, u: 132, v: 124 }
/** Beyond 1080p nothing is decoded. */
const maxPixels = 1920 * 1088

export type MixerStats = {
  /** Loudness by input, 0 to 1. */
  levels: Record<string, number>
  /** Input of the active speaker. */
  speaker: string | null
  /** ms behind capture by input. */
  delaysMs: Record<string, number>
  decoders: Record<string, { pid: number | null; failures: number }>
  encoderPid: number | null
  encoderFailures: number
  pictures: number
  skippedPictures: number
  /** ms that composing took, median and worst since the last report. */
  composeMs: { median: number; worst: number }
}

export type MixerOptions = {
  binary: string
  settings: ProgrammeSettings
  cards: Cards
  /** An encoded packet; `timeMs` on the programme's own time axis. */
  onPacket: (packet: { kind: 'video' | 'audio'; timeMs: number; keyframe: boolean; bytes: Buffer }) => void
  /** A decoder of this input listens, or will soon: it needs a keyframe. */
  onInputStarted: (id: string, pid: number) => void
  log: Log
}

/**
 * Mixes people into one programme on a clock of its own, which waits for no input and no encoder: what does not come
 * is left out, what comes late is shown late.
 */
export class Mixer {
  readonly #options: MixerOptions
  readonly #inputs = new Map<string, Input>()
  readonly #fed = new Map<string, boolean>()
  readonly #gains = new Map<string, number>()
  readonly #pool = new FramePool()
  readonly #speaker = new ActiveSpeaker()
  readonly #limiter = new Limiter()
  readonly #free: Picture[]
  readonly #periodMs: number
  readonly #beganAtMs = performance.now()
  readonly #mix: Float32Array
  #scene: Scene = emptyScene
  #places: readonly Placed[] = []
  #last: Picture | undefined
  #before: Picture | undefined
  #fadeTicks = 0
  #encoder: ProgrammeEncoder | undefined
  #encoderFailures = 0
  #starting: Promise<void>
  #tick = 0
  #timer: NodeJS.Timeout | undefined
  #skipped = 0
  #composeMs: number[] = []
  #closed = false

  constructor(options: MixerOptions) {
    this.#options = options
    const { settings } = options
    this.#periodMs = 1_000 / settings.framesPerSecond
    this.#free = Array.from({ length: canvases }, () => createPicture(settings))
    this.#mix = new Float32Array((sampleRateHz / settings.framesPerSecond) * 2)
    this.#starting = this.#startEncoder()
    this.#schedule()
  }

  /** ms since 1970 at which the programme's time is 0. */
  get startedAtMs(): number {
    return performance.timeOrigin + this.#beganAtMs
  }

  add(spec: InputSpec): void {
    if (this.#closed || this.#inputs.has(spec.id)) return
    const place = this.#places.find(({ id }) => id === spec.id)
    const input = new Input({
      ...spec,
      binary: this.#options.binary,
      size: place?.rect ?? { width: 640, height: 360 },
      fit: place?.fit ?? 'cover',
      maxPixels,
      pool: this.#pool,
      nowMs: () => performance.now(),
      onStarted: (pid) => this.#options.onInputStarted(spec.id, pid),
      log: this.#options.log,
    })
    this.#inputs.set(spec.id, input)
    this.#fed.set(spec.id, true)
  }

  async remove(id: string): Promise<void> {
    const input = this.#inputs.get(id)
    this.#inputs.delete(id)
    this.#fed.delete(id)
    this.#gains.delete(id)
    await input?.close()
  }

  /** @param fed whether its publisher sends: an input without media is no broken decoder. */
  setFed(id: string, fed: boolean): void {
    if (this.#inputs.has(id)) this.#fed.set(id, fed)
  }

  setScene(scene: Scene): void {
    this.#scene = scene
    this.#place()
  }

  stats(): MixerStats {
    const sorted = this.#composeMs.splice(0).sort((a, b) => a - b)
    const inputs = [...this.#inputs]
    return {
      levels: Object.fromEntries(this.#speaker.levels),
      speaker: this.#speaker.speaker,
      delaysMs: Object.fromEntries(inputs.map(([id, { delayMs }]) => [id, delayMs])),
      decoders: Object.fromEntries(inputs.map(([id, { pid, failures }]) => [id, { pid, failures }])),
      encoderPid: this.#encoder?.pid ?? null,
      encoderFailures: this.#encoderFailures,
      pictures: this.#tick,
      skippedPictures: this.#skipped,
      composeMs: { median: sorted[sorted.length >> 1] ?? 0, worst: sorted.at(-1) ?? 0 },
    }
  }

  /** Resolves when no process is left. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#starting
    await Promise.all([...[...this.#inputs.values()].map((input) => input.close()), this.#encoder?.kill()])
  }

  /** The next tick by the clock: a late timer makes up for it, unless it is so late that pictures are skipped. */
  #schedule(): void {
    if (this.#closed) return
    const dueMs = this.#beganAtMs + this.#tick * this.#periodMs
    this.#timer = setTimeout(
      () => {
        this.#onTick(dueMs)
        this.#tick += 1
        this.#schedule()
      },
      Math.max(0, dueMs - performance.now()),
    )
  }

  #onTick(dueMs: number): void {
    this.#mixSound(dueMs)
    const canvas = this.#free.pop()
    if (!canvas || !this.#encoder) {
      if (canvas) this.#free.push(canvas)
      this.#skipped += 1
    } else {
      const startedAtMs = performance.now()
      this.#compose(canvas, dueMs)
      this.#composeMs.push(performance.now() - startedAtMs)
      this.#last = canvas
      this.#encoder.writePicture(this.#tick, canvas.bytes, () => this.#free.unshift(canvas))
    }
    if (this.#tick % 15 === 0) this.#check()
  }

  #mixSound(dueMs: number): void {
    this.#mix.fill(0)
    const loudness = new Map<string, number>()
    for (const [id, input] of this.#inputs) {
      const to = this.#scene.gains[id] ?? 0
      const from = this.#gains.get(id) ?? to
      this.#gains.set(id, to)
      const loud = input.mixInto(this.#mix, dueMs, this.#periodMs, { from, to })
      if (to > 0) loudness.set(id, loud)
    }
    const before = this.#speaker.speaker
    this.#speaker.tick(loudness, this.#periodMs, dueMs)
    if (this.#speaker.speaker !== before) this.#place()
    this.#encoder?.writeSound((this.#tick * this.#mix.length) / 2, this.#limiter.process(this.#mix))
  }

  #compose(canvas: Picture, dueMs: number): void {
    const { cards, settings } = this.#options
    fill(canvas, { x: 0, y: 0, ...settings }, background)
    for (const { id, rect } of this.#places) {
      const picture = this.#inputs.get(id)?.picture(dueMs, this.#periodMs / 2)
      const label = this.#scene.tiles.find((tile) => tile.id === id)?.label ?? ''
      if (picture) {
        if (picture.width < rect.width || picture.height < rect.height) fill(canvas, rect, card)
        blit(canvas, rect, picture)
      } else {
        fill(canvas, rect, card)
        this.#layCentred(canvas, rect, cards.initials(label, rect))
      }
      const name = cards.label(label, rect)
      if (name) lay(canvas, rect.x + 8, even(rect.y + rect.height - name.height - 8), name)
    }
    const banner = this.#scene.banner === '' ? undefined : cards.banner(this.#scene.banner, settings)
    if (banner) lay(canvas, even((settings.width - banner.width) / 2), even(settings.height * 0.82), banner)
    if (this.#before && this.#fadeTicks > 0) {
      const ticks = Math.round(fadeMs / this.#periodMs)
      fade(canvas, this.#before, 1 - this.#fadeTicks / (ticks + 1))
      this.#fadeTicks -= 1
    }
  }

  #layCentred(canvas: Picture, rect: Rect, overlay: ReturnType<Cards['initials']>): void {
    if (!overlay || overlay.width > rect.width || overlay.height > rect.height) return
    const x = rect.x + even((rect.width - overlay.width) / 2)
    lay(canvas, x, rect.y + even((rect.height - overlay.height) / 2), overlay)
  }

  /** Places the tiles anew, and fades from what was shown when anything moved. */
  #place(): void {
    const { tiles, layout } = this.#scene
    const places = placeTiles(tiles, layout, this.#options.settings, this.#speaker.speaker)
    if (JSON.stringify(places) === JSON.stringify(this.#places)) return
    this.#places = places
    for (const { id, rect, fit } of places) this.#inputs.get(id)?.show(rect, fit)
    if (!this.#last) return
    this.#before ??= createPicture(this.#options.settings)
    this.#last.bytes.copy(this.#before.bytes)
    this.#fadeTicks = Math.round(fadeMs / this.#periodMs)
  }

  #check(): void {
    const nowMs = performance.now()
    for (const [id, input] of this.#inputs) input.check(nowMs, this.#fed.get(id) ?? false)
    if (this.#encoder?.isStalled(nowMs)) this.#encoder.kill()
  }

  async #startEncoder(): Promise<void> {
    const { binary, settings, log } = this.#options
    try {
      const encoder = await ProgrammeEncoder.start({
        binary,
        settings,
        onPacket: (packet) => this.#give(packet),
        log,
      })
      this.#encoder = encoder
      encoder.gone.then(
        (reason) => {
          this.#encoder = undefined
          this.#again(reason)
        },
        (error) => log.error({ err: error }, 'programme encoder'),
      )
    } catch (error) {
      this.#again(messageOf(error))
    }
  }

  #again(reason: string): void {
    if (this.#closed) return
    this.#encoderFailures += 1
    this.#options.log.error({ reason }, 'the programme encoder ended and is replaced')
    // At once: each picture until then is missing. An ffmpeg that can't start at all fails slowly enough.
    this.#starting = this.#startEncoder()
  }

  #give({ stream, pts, keyframe, bytes }: NutPacket): void {
    if (stream.kind === 'other') return
    const timeMs = (pts * stream.timeBase.numerator * 1_000) / stream.timeBase.denominator
    // NUT carries the parameter sets beside the stream; a receiver that joins needs them at each keyframe.
    const whole = stream.kind === 'video' && keyframe ? Buffer.concat([stream.config, bytes]) : bytes
    this.#options.onPacket({ kind: stream.kind, timeMs: Math.max(0, timeMs), keyframe, bytes: whole })
  }
}
