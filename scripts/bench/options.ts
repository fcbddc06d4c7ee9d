import { parseArgs } from 'node:util'

export const measurementNames = [
  'cpu',
  'encode',
  'start',
  'latency',
  'watch',
  'memory',
  'viewers',
  'serving',
  'restream',
  'push-memory',
  'whip',
  'whep',
  'stage',
  'fuzz',
] as const
export type MeasurementName = (typeof measurementNames)[number]

export type BenchOptions = {
  names: readonly MeasurementName[]
  /** Runs of each measurement; undefined for its own default. */
  runs: number | undefined
  /** Length of a run; undefined for the measurement's own default. */
  seconds: number | undefined
  /** Of the random inputs of `fuzz`; undefined for another one each time. */
  seed: number | undefined
  /** How many of them. */
  inputs: number | undefined
}

export const usage = `npm run bench -- [${measurementNames.join('|')} …] [--runs N] [--seconds N]
              [--seed N] [--inputs N]

  cpu      CPU and memory of the gateway's processes at 1, 4 and 8 copied streams and 1 transcoded one
           (a run is --seconds, default 3 runs of 20 s for each row)
  encode   CPU of the encode for platforms whose needs the publisher does not meet (default 3 runs of 20 s, twice)
  start    from the first click to the first playlist, by a real browser (default 5 runs for each codec)
  latency  glass to glass, from browser to browser (a run is --seconds, default 1 run of 60 s for each codec)
  watch    how soon the watch page shows a running stream, and comes back after 3 s without network
           (default 5 runs)
  restream CPU and memory per RTMP target, and how fast each fault of a server is noticed and got over
           (a run is --seconds, default 3 runs of 20 s; the faults take 2 minutes)
  push-memory  how a push's ffmpeg grows over 4 h of media, by the container that it reads (takes 1 minute)
  whip     8 publishers by WHIP, 720p30 at 2 Mbit/s each: CPU per stream and lost segments over --seconds (default 60)
  whep     glass to glass and first picture in a browser (--seconds for each codec, default 30), then one publisher to
           100 viewers who count packets
  stage    CPU of a programme by process for 1, 2, 4 and 9 people (default 3 runs of 10 s for each)
  fuzz     --inputs (default 10,000) broken inputs of all kinds to a gateway, which has to stand them; the same ones for
           the same --seed
  memory   growth of the processes over --seconds (default 180)
  viewers  how soon 300 and 2,000 viewers of Low-Latency HLS get each playlist (default 3 runs of 20 s for each)
  serving  playlists and segments per second, against nginx with the same files (default 3 runs of 3 s for each)
`

/** @throws Error with a sentence for the user. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ runs: { type: 'string' }, seconds: { type: 'string' } },
      ...{ seed: { type: 'string' }, inputs: { type: 'string' } },
    },
  })
  const unknown = positionals.filter((name) => !isName(name))
  if (unknown.length > 0) {
    throw new Error(
      `There is no measurement ${unknown.join(', ')}. Choose from ${measurementNames.join(', ')}.`,
    )
  }
  return {
    names:
      positionals.length > 0
        ? measurementNames.filter((name) => positionals.includes(name))
        : measurementNames,
    runs: wholeNumber('--runs', values.runs),
    seconds: wholeNumber('--seconds', values.seconds),
    seed: wholeNumber('--seed', values.seed),
    inputs: wholeNumber('--inputs', values.inputs),
  }
}

function isName(text: string): text is MeasurementName {
  return measurementNames.some((name) => name === text)
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new Error(`${option} must be a whole number above 0, not "${text}".`)
  return Number(text)
}
