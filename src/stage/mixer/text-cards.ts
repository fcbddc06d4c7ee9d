import { createRequire } from 'node:module'
import { messageOf } from '../../errors.ts'
import { startFfmpeg } from '../../ffmpeg/process.ts'
import type { Log } from '../../log.ts'
import { initialsOf } from '../initials-of.ts'
import type { FrameSize } from '../layout.ts'
import { even, type Overlay } from './canvas.ts'
import type { Cards } from './cards.ts'

/** Texts that are kept; names and banners change rarely. */
const maxCards = 64
const fontFile = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')
const longestText = 60

/** Draws text by ffmpeg's `drawtext`, once for each text and size, beside the mixer's clock. */
export class TextCards implements Cards {
  readonly #binary: string
  readonly #log: Log
  readonly #cards = new Map<string, Overlay | null>()
  #queue: Promise<void> = Promise.resolve()

  constructor(binary: string, log: Log) {
    this.#binary = binary
    this.#log = log
  }

  label(text: string, { width, height }: FrameSize): Overlay | undefined {
    const fontSize = clamp(Math.round(height / 18), 14, 28)
    return this.#card(text, fontSize, Math.min(width - 16, 480), 0.55)
  }

  initials(name: string, { width, height }: FrameSize): Overlay | undefined {
    const fontSize = clamp(Math.round(height / 4), 16, 160)
    return this.#card(initialsOf(name), fontSize, Math.min(width, 480), 0)
  }

  banner(text: string, { width, height }: FrameSize): Overlay | undefined {
    return this.#card(text, Math.round(height / 20), Math.round(width * 0.9), 0.7)
  }

  /** @param backing how dark the field behind the text is, 0 to 1. */
  #card(text: string, fontSize: number, maxWidth: number, backing: number): Overlay | undefined {
    const shown = text.trim().slice(0, longestText)
    if (shown === '' || maxWidth < 16) return undefined
    const key = `${fontSize} ${maxWidth} ${backing} ${shown}`
    const known = this.#cards.get(key)
    if (known !== undefined) return known ?? undefined
    // Null until it is drawn, and for good when that fails: the programme goes on without it.
    this.#cards.set(key, null)
    const [oldest] = this.#cards.keys()
    if (this.#cards.size > maxCards && oldest !== undefined) this.#cards.delete(oldest)
    this.#queue = this.#queue
      .then(() => this.#draw(shown, fontSize, maxWidth, backing))
      .then((overlay) => void (this.#cards.has(key) && this.#cards.set(key, overlay)))
      .catch((error) => this.#log.warn({ error: messageOf(error) }, 'a text could not be drawn'))
    return undefined
  }

  async #draw(text: string, fontSize: number, maxWidth: number, backing: number): Promise<Overlay> {
    const padding = backing > 0 ? Math.round(fontSize / 2) : 0
    const width = even(Math.min(maxWidth, Math.ceil(text.length * fontSize * 0.78) + padding * 2))
    const height = even(fontSize * 1.3 + padding)
    const mask = await this.#mask(text, fontSize, padding, { width, height })
    return crop(overlayOf(mask, { width, height }), textWidth(mask, { width, height }) + padding, backing)
  }

  /** White on black, one byte a pixel: how much of each pixel the text covers. */
  async #mask(
    text: string,
    fontSize: number,
    padding: number,
    { width, height }: FrameSize,
  ): Promise<Buffer> {
    const chunks: Buffer[] = []
    const draw = [
      `drawtext=fontfile=${fontFile}`,
      `text='${escapeText(text)}'`,
      // The text is not a template: `%{…}` and backslashes stay as they are.
      'expansion=none',
      `fontsize=${fontSize}`,
      'fontcolor=white',
      `x=${padding}`,
      'y=(h-text_h)/2',
    ].join(':')
    const ffmpeg = await startFfmpeg({
      binary: this.#binary,
      inputOptions: ['-hide_banner', '-nostats', '-loglevel', 'level+error', '-f', 'lavfi'],
      input: `color=c=black:s=${width}x${height}:r=1`,
      outputOptions: ['-vf', `${draw},format=gray`, '-frames:v', '1', '-f', 'rawvideo'],
      output: null,
      onOutput: (chunk) => chunks.push(chunk),
      log: this.#log,
    })
    const exit = await ffmpeg.exited
    const mask = Buffer.concat(chunks)
    if (mask.length !== width * height) throw new Error(`drawtext gave ${mask.length} bytes: ${exit.reason}`)
    return mask
  }
}

/** For a quoted value inside of a filter's options (ffmpeg-utils(1), "Quoting and escaping"). */
export function escapeText(text: string): string {
  const plain = Array.from(text.normalize('NFC'))
    .filter((letter) => (letter.codePointAt(0) ?? 0) >= 0x20)
    .join('')
  return plain.replaceAll('\\', '\\\\').replaceAll("'", "'\\\\\\''").replaceAll(':', '\\:')
}

function overlayOf(mask: Buffer, size: FrameSize): Overlay {
  const luma = size.width * size.height
  const bytes = Buffer.alloc((luma * 3) / 2, 128)
  for (let at = 0; at < luma; at += 1) bytes[at] = 16 + Math.round(((mask[at] ?? 0) * 219) / 255)
  return { ...size, bytes, alpha: Buffer.from(mask) }
}

/** The column behind the last one that the text touches. */
function textWidth(mask: Buffer, { width, height }: FrameSize): number {
  for (let column = width - 1; column >= 0; column -= 1) {
    for (let line = 0; line < height; line += 1) {
      if ((mask[line * width + column] ?? 0) > 0) return column + 1
    }
  }
  return 2
}

/** Cuts off what is empty behind the text, and lays a dark field behind it. */
function crop(overlay: Overlay, wanted: number, backing: number): Overlay {
  const width = Math.max(2, even(Math.min(overlay.width, wanted)))
  const { height } = overlay
  const luma = width * height
  const bytes = Buffer.alloc((luma * 3) / 2, 128)
  const alpha = Buffer.alloc(luma)
  const least = Math.round(backing * 255)
  for (let line = 0; line < height; line += 1) {
    overlay.bytes.copy(bytes, line * width, line * overlay.width, line * overlay.width + width)
    for (let column = 0; column < width; column += 1) {
      alpha[line * width + column] = Math.max(least, overlay.alpha[line * overlay.width + column] ?? 0)
    }
  }
  return { width, height, bytes, alpha }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
