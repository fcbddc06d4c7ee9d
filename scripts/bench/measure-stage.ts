import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type FfmpegProcess, startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'
import { programmeFramesPerSecond } from '../../src/stage/mixer/encoder-args.ts'
import { Mixer, type MixerStats } from '../../src/stage/mixer/mixer.ts'
import { freePort } from '../../test/support/free-ports.ts'
import { makeClip } from './clips.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { parseProcStat } from './proc-stat.ts'
import { percentile, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'

const run = promisify(execFile)
const log = createLog({ level: 'silent', pretty: false })
const people = [1, 2, 4, 9]
const settleMs = 6_000
const settings = {
  ...{ width: 1280, height: 720, framesPerSecond: programmeFramesPerSecond },
  ...{ videoBitrateBps: 2_500_000, audioBitrateBps: 128_000, preset: 'superfast' },
}

/** CPU of a programme by process, and how even its pictures come, for some numbers of people. */
export async function measureStage(
  { runs = 3, seconds = 10 }: BenchOptions,
  { ffmpegBinary }: Machine,
): Promise<Table[]> {
  const clip = await smallClip(ffmpegBinary)
  const rows: string[][] = []
  for (const count of people) rows.push(await measure(count, clip, ffmpegBinary, runs, seconds))
  return [
    {
      title: `Stage: cores of a programme of 1280x720 at 30 fps, 2.5 Mbit/s (${runs} × ${seconds} s)`,
      columns: [
        'people',
        'all',
        '÷ encoder',
        'decoders',
        'encoder',
        'mixer',
        'pictures/s',
        'skipped',
        'p99 interval ms',
      ],
      rows,
      notes: [
        'Each person: 640x360 at 30 fps, 500 kbit/s H.264, and speech-like sound, as RTP from an ffmpeg that is not counted.',
        'mixer: this process, which reads, composes, adds the sound and writes. Median (least–most) of the runs.',
        'Intervals between encoded pictures as they arrive; a picture is 33.3 ms.',
      ],
    },
  ]
}

/** The clip of the other benches, at the size of a simulcast layer. */
async function smallClip(ffmpegBinary: string): Promise<string> {
  const { file } = await makeClip('h264', ffmpegBinary)
  const small = file.replace(/\.mkv$/, '-360.mkv')
  try {
    await access(small)
  } catch {
    const video = ['-vf', 'scale=640:360', '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency']
    const rate = [
      '-profile:v',
      'baseline',
      '-b:v',
      '500000',
      '-maxrate',
      '500000',
      '-bufsize',
      '500000',
      '-g',
      '60',
    ]
    const headers = ['-x264-params', 'repeat-headers=1', '-c:a', 'copy']
    await run(ffmpegBinary, ['-y', '-loglevel', 'error', '-i', file, ...video, ...rate, ...headers, small])
  }
  return small
}

async function measure(
  count: number,
  clip: string,
  ffmpegBinary: string,
  runs: number,
  seconds: number,
): Promise<string[]> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePair()))
  const senders = await Promise.all(ports.map((port) => send(clip, port, ffmpegBinary)))
  let arrivalsMs: number[] = []
  const mixer = new Mixer({
    binary: ffmpegBinary,
    settings,
    cards: { label: () => undefined, initials: () => undefined, banner: () => undefined },
    onPacket: ({ kind }) => {
      if (kind === 'video') arrivalsMs.push(performance.now())
    },
    onInputStarted: () => undefined,
    log,
  })
  try {
    const ids = ports.map((_, index) => `${index}:camera`)
    for (const [index, id] of ids.entries()) {
      mixer.add({ id, sdp: sdpOf(ports[index] ?? 0), kinds: { video: true, audio: true } })
    }
    mixer.setScene({
      tiles: ids.map((id) => ({ id, kind: 'camera', label: '' })),
      layout: { mode: 'grid', main: null, free: [] },
      gains: Object.fromEntries(ids.map((id) => [id, 1])),
      banner: '',
    })
    await delay(settleMs)
    const windows: Cores[] = []
    const before = mixer.stats()
    arrivalsMs = []
    for (let index = 0; index < runs; index += 1) {
      const from = usedBy(mixer.stats())
      await delay(seconds * 1_000)
      windows.push(coresBetween(from, usedBy(mixer.stats()), seconds))
    }
    const after = mixer.stats()
    const cell = (of: (cores: Cores) => number) => formatSummary(summarize(windows.map(of)), 2)
    const intervals = arrivalsMs.slice(1).map((atMs, index) => atMs - (arrivalsMs[index] ?? atMs))
    return [
      String(count),
      ...[cell(allOf), cell((cores) => allOf(cores) / cores.encoder)],
      ...[cell(({ decoders }) => decoders), cell(({ encoder }) => encoder), cell(({ mixer: own }) => own)],
      (arrivalsMs.length / (runs * seconds)).toFixed(1),
      String(after.skippedPictures - before.skippedPictures),
      percentile(intervals, 0.99).toFixed(1),
    ]
  } finally {
    await mixer.close()
    await Promise.all(senders.map((sender) => sender.kill()))
  }
}

type Cores = { decoders: number; encoder: number; mixer: number }

function allOf({ decoders, encoder, mixer }: Cores): number {
  return decoders + encoder + mixer
}

/** CPU seconds so far. */
function usedBy({ decoders, encoderPid }: MixerStats): Cores {
  const { user, system } = process.cpuUsage()
  const pids = Object.values(decoders).flatMap(({ pid }) => (pid === null ? [] : [pid]))
  return {
    decoders: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    encoder: encoderPid === null ? 0 : cpuSeconds(encoderPid),
    mixer: (user + system) / 1e6,
  }
}

function coresBetween(from: Cores, to: Cores, seconds: number): Cores {
  return {
    decoders: (to.decoders - from.decoders) / seconds,
    encoder: (to.encoder - from.encoder) / seconds,
    mixer: (to.mixer - from.mixer) / seconds,
  }
}

function cpuSeconds(pid: number): number {
  const { userTicks, systemTicks } = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return (userTicks + systemTicks) / 100
}

function send(clip: string, port: number, binary: string): Promise<FfmpegProcess> {
  const rtp = (kind: 'v' | 'a', payloadType: number, to: number) => [
    ...['-map', `0:${kind}:0`, '-c', 'copy', '-f', 'rtp', '-payload_type', String(payloadType)],
    `rtp://127.0.0.1:${to}?pkt_size=1200`,
  ]
  const outputs = [...rtp('v', 96, port), ...rtp('a', 97, port + 2)]
  return startFfmpeg({
    binary,
    inputOptions: ['-loglevel', 'error', '-re', '-stream_loop', '-1'],
    input: clip,
    outputOptions: outputs.slice(0, -1),
    output: outputs.at(-1) ?? '',
    log,
  })
}

/** The first of four ports: RTP and RTCP of video and of audio. */
async function freePair(): Promise<number> {
  return (await freePort()) & ~3
}

function sdpOf(port: number): string {
  return [
    ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=video ${port} RTP/AVP 96`, 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1'],
    ...[`m=audio ${port + 2} RTP/AVP 97`, 'a=rtpmap:97 opus/48000/2', ''],
  ].join('\r\n')
}
