import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type ClipCodec = 'h264' | 'vp8'
export type Clip = { file: string; codec: ClipCodec }

const seconds = 20
export const clipText =
  '1280x720 at 30 fps, 2 Mbit/s, keyframe every 2 s: colours that flow, moving detail and film grain; ' +
  'Opus stereo 96 kbit/s: a voice (vowels, hisses, pauses) over quiet music and room noise'

/** Colours that flow, a moving test picture in a corner, and grain: an encoder never gets a frame for nothing. */
const picture = [
  'gradients=size=1280x720:rate=30:speed=0.03:nb_colors=6:seed=7[sky]',
  'testsrc2=size=480x270:rate=30[detail]',
  "[sky][detail]overlay=x='400+380*sin(t/2)':y='225+200*cos(t/3)',noise=alls=9:allf=t,format=yuv420p[v]",
]

/**
 * A voice: harmonics of a pitch that moves, gated by syllables and pauses, through three formants, and hisses between
 * the syllables. Under it two chords, different left and right, and noise as every room has it. AAC's cost depends on
 * what it encodes, and a pure tone costs more than this.
 */
const pitch = '2*PI*125*t-9*cos(2*PI*0.45*t)'
const harmonics = Array.from({ length: 24 }, (_, k) => `sin(${k + 1}*(${pitch}))/${k + 1}`).join('+')
const syllables = 'lt(mod(t,3.4),2.7)*max(0,sin(2*PI*3.8*t+1.5*sin(2*PI*0.6*t)))'
const hisses = 'lt(mod(t,3.4),2.7)*pow(max(0,-sin(2*PI*3.8*t+1.5*sin(2*PI*0.6*t))),6)'
const chord = (...tones: number[]) => tones.map((hz) => `sin(2*PI*${hz}*t+0.5*sin(2*PI*5*t))`).join('+')
const sound = [
  `aevalsrc=exprs='0.22*(${harmonics})*${syllables}':s=48000,` +
    'equalizer=f=550:t=q:w=3:g=9,equalizer=f=1600:t=q:w=4:g=7,equalizer=f=2600:t=q:w=5:g=5,lowpass=f=7000[voice]',
  `aevalsrc=exprs='0.1*(random(0)*2-1)*${hisses}':s=48000,highpass=f=3500[hiss]`,
  `aevalsrc=exprs='0.02*(${chord(196, 293.7, 392, 587.3)})|0.02*(${chord(261.6, 329.6, 523.3, 784)})':s=48000[music]`,
  'anoisesrc=color=pink:sample_rate=48000:amplitude=0.004:seed=3[room]',
  '[voice][hiss][room]amix=inputs=3:normalize=0,pan=stereo|c0=c0|c1=c0[mono]',
  // Whole Opus frames of 20 ms, up to the last one.
  '[mono][music]amix=inputs=2:normalize=0,asetnsamples=n=960:p=1[a]',
]

const video: Record<ClipCodec, readonly string[]> = {
  h264: [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-b:v', '2000000', '-maxrate', '2000000', '-bufsize', '1000000'],
    ...['-g', '60', '-keyint_min', '60', '-sc_threshold', '0'],
    // The SFU knows a keyframe by its parameter sets.
    ...['-x264-params', 'repeat-headers=1'],
  ],
  vp8: [
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '6'],
    ...['-b:v', '2000000', '-maxrate', '2000000', '-bufsize', '1000000'],
    ...['-g', '60', '-keyint_min', '60'],
  ],
}

/** Makes the clip, or finds the one that an earlier bench made with the same options. */
export async function makeClip(codec: ClipCodec, ffmpegBinary: string): Promise<Clip> {
  const args = [
    ...[
      '-filter_complex',
      [...picture, ...sound].join(';'),
      '-map',
      '[v]',
      '-map',
      '[a]',
      '-t',
      String(seconds),
    ],
    ...video[codec],
    ...['-c:a', 'libopus', '-b:a', '96000', '-ac', '2', '-f', 'matroska'],
  ]
  const folder = join(tmpdir(), 'sluice-bench-clips')
  const name = createHash('sha256').update(args.join('\n')).digest('hex').slice(0, 12)
  const file = join(folder, `${codec}-${name}.mkv`)
  try {
    await access(file)
  } catch {
    // Not there yet. Under its name only when it is whole.
    await mkdir(folder, { recursive: true })
    const draft = `${file}.${process.pid}`
    try {
      await run(ffmpegBinary, ['-y', '-hide_banner', '-loglevel', 'error', ...args, draft])
      await rename(draft, file)
    } finally {
      await rm(draft, { force: true })
    }
  }
  return { file, codec }
}
