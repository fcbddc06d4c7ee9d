/** What one look at the statistics of the connection says; null = not reported (yet). */
export type Sample = {
  atMs: number
  bytesSent: number
  packetsSent: number
  packetsLost: number
  framesPerSecond: number | null
  width: number | null
  height: number | null
  roundTripMs: number | null
  /** What holds the picture back: `cpu`, `bandwidth`, … */
  limitedBy: string | null
}

export type Figures = {
  bitrateBps: number
  framesPerSecond: number | null
  width: number | null
  height: number | null
  roundTripMs: number | null
  /** Share of packets that got lost since the last look, 0…1. */
  loss: number
  limitedBy: string | null
}

type Stat = Record<string, unknown>

function numberOf(stat: Stat, key: string): number | null {
  const value = stat[key]
  return typeof value === 'number' ? value : null
}

/** Adds up an RTCStatsReport's entries into one sample. */
export function sampleOf(stats: Iterable<Stat>, atMs: number): Sample {
  const sample: Sample = {
    atMs,
    bytesSent: 0,
    packetsSent: 0,
    packetsLost: 0,
    framesPerSecond: null,
    width: null,
    height: null,
    roundTripMs: null,
    limitedBy: null,
  }
  for (const stat of stats) {
    if (stat.type === 'outbound-rtp') {
      sample.bytesSent += (numberOf(stat, 'bytesSent') ?? 0) + (numberOf(stat, 'headerBytesSent') ?? 0)
      sample.packetsSent += numberOf(stat, 'packetsSent') ?? 0
      if (stat.kind === 'video') addVideo(sample, stat)
    } else if (stat.type === 'remote-inbound-rtp') {
      sample.packetsLost += numberOf(stat, 'packetsLost') ?? 0
    } else if (stat.type === 'candidate-pair' && stat.nominated === true) {
      const seconds = numberOf(stat, 'currentRoundTripTime')
      if (seconds !== null) sample.roundTripMs = seconds * 1000
    }
  }
  return sample
}

function addVideo(sample: Sample, stat: Stat): void {
  sample.framesPerSecond = numberOf(stat, 'framesPerSecond')
  sample.width = numberOf(stat, 'frameWidth')
  sample.height = numberOf(stat, 'frameHeight')
  const limit = stat.qualityLimitationReason
  sample.limitedBy = typeof limit === 'string' && limit !== 'none' ? limit : null
}

/** What happened between two looks; null when they are no pair (a new connection counts from 0 again). */
export function figuresBetween(before: Sample, after: Sample): Figures | null {
  const seconds = (after.atMs - before.atMs) / 1000
  const bytes = after.bytesSent - before.bytesSent
  if (seconds <= 0 || bytes < 0) return null
  const packets = after.packetsSent - before.packetsSent
  const lost = Math.max(0, after.packetsLost - before.packetsLost)
  return {
    bitrateBps: (bytes * 8) / seconds,
    framesPerSecond: after.framesPerSecond,
    width: after.width,
    height: after.height,
    roundTripMs: after.roundTripMs,
    loss: packets > 0 ? Math.min(1, lost / packets) : 0,
    limitedBy: after.limitedBy,
  }
}
