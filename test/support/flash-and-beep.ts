import { runTool, testFfmpeg } from './run-tool.ts'

const samplesPerSecond = 48_000
/** Mean luma above which a frame of the clip is a flash: the moving picture is about 120, white is 235. */
const flashLuma = 190
/** Of full scale; the beep has 0.5. */
const beepLevel = 0.15
/** Quiet time before a sound counts as the beginning of a beep. */
const quietSeconds = 0.3

/**
 * Decodes media made from the flash-and-beep clip.
 * @param input path or URL for ffmpeg.
 * @returns per flash: time of its first frame minus time of the nearest beep's first sample, in ms. Positive: the
 * picture is late.
 */
export async function flashAndBeepOffsetsMs(input: string): Promise<number[]> {
  const [flashes, beeps] = await Promise.all([flashSeconds(input), beepSeconds(input)])
  if (beeps.length === 0) throw new Error('there is no beep')
  // A flash without its beep is at an end of the recording.
  return flashes
    .filter((flash) => flash > (beeps[0] ?? 0) - 0.5 && flash < (beeps.at(-1) ?? 0) + 0.5)
    .map((flash) => {
      const distances = beeps.map((beep) => (flash - beep) * 1000)
      return distances.reduce((best, distance) => (Math.abs(distance) < Math.abs(best) ? distance : best))
    })
}

/** Middle and largest of offsets, by amount. */
export function offsetFigures(offsetsMs: readonly number[]): { medianMs: number; maxMs: number } {
  const sorted = [...offsetsMs].sort((a, b) => a - b)
  return {
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    maxMs: Math.max(...offsetsMs.map(Math.abs)),
  }
}

async function flashSeconds(input: string): Promise<number[]> {
  // The middle: a picture of another shape has black at its sides.
  const filter = 'crop=iw/4:ih/2,scale=64:36,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'
  // passthrough: no frame is doubled or dropped, so each has its own time.
  const { stdout } = await decode(input, [
    '-map',
    '0:v',
    '-vf',
    filter,
    '-vsync',
    'passthrough',
    '-f',
    'null',
    '-',
  ])
  const flashes: number[] = []
  let wasFlash = true
  for (const [, time, luma] of stdout.toString().matchAll(/pts_time:(\S+)\s+\S+YAVG=(\S+)/g)) {
    const isFlash = Number(luma) > flashLuma
    if (isFlash && !wasFlash) flashes.push(Number(time))
    wasFlash = isFlash
  }
  return flashes
}

async function beepSeconds(input: string): Promise<number[]> {
  // first_pts=0: sample number n is at n / 48000 s on the same clock as the frames, also when sound begins later.
  const { stdout } = await decode(input, [
    ...['-map', '0:a', '-af', 'aresample=async=1:first_pts=0'],
    ...['-f', 's16le', '-ac', '1', '-ar', String(samplesPerSecond), '-'],
  ])
  const beeps: number[] = []
  // The recording may begin inside a beep: one that has no quiet before it does not count.
  let lastLoud = 0
  for (let sample = 0; sample * 2 + 1 < stdout.length; sample += 1) {
    if (Math.abs(stdout.readInt16LE(sample * 2)) < beepLevel * 32_768) continue
    if (sample - lastLoud > quietSeconds * samplesPerSecond) beeps.push(sample / samplesPerSecond)
    lastLoud = sample
  }
  return beeps
}

function decode(input: string, output: readonly string[]) {
  return runTool(testFfmpeg, ['-hide_banner', '-v', 'error', '-nostdin', '-i', input, ...output])
}
