import type { FastifyInstance } from 'fastify'
import type { TargetSnapshot } from '../push/target-snapshot.ts'
import type { StreamSnapshot } from '../streams/stream-snapshot.ts'
import { type Resources, resourceMetricLines } from './process-metrics.ts'

/** `GET /metrics` for Prometheus. Streams' and targets' names are labels; keys and addresses are not. */
export function registerMetrics(
  server: FastifyInstance,
  streams: () => StreamSnapshot[],
  resources: () => Resources,
): void {
  server.get('/metrics', async (_request, reply) => {
    reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8')
    return metricsText(streams(), resources())
  })
}

type Labels = Readonly<Record<string, string>>
type Metric<T> = {
  name: string
  help: string
  type: 'gauge' | 'counter'
  of: (source: T) => number
  /** More labels than the source's own. */
  labels?: (source: T) => Labels
}

const ofStreams: readonly Metric<StreamSnapshot>[] = [
  {
    name: 'sluice_stream_live',
    help: '1 while media of the stream moves.',
    type: 'gauge',
    of: ({ state }) => (state === 'live' ? 1 : 0),
  },
  {
    name: 'sluice_stream_bitrate_bps',
    help: 'Bits per second of the stream.',
    type: 'gauge',
    of: ({ feed }) => feed?.bitrateBps ?? 0,
  },
  {
    name: 'sluice_stream_packager_failures',
    help: 'Packager runs that ended without being asked to, since the stream went live.',
    type: 'gauge',
    of: ({ packager }) => packager?.failures ?? 0,
  },
]

/** Counters begin again with each session of a stream, as counters may. */
const ofTargets: readonly Metric<TargetSnapshot>[] = [
  {
    name: 'sluice_target_live',
    help: '1 while media arrives at the target.',
    type: 'gauge',
    of: ({ state }) => (state === 'live' ? 1 : 0),
  },
  {
    name: 'sluice_target_state',
    help: '1 with the state that the target is in.',
    type: 'gauge',
    of: () => 1,
    labels: ({ state }) => ({ state }),
  },
  {
    name: 'sluice_target_bitrate_bps',
    help: 'Bits per second that the target acknowledges.',
    type: 'gauge',
    of: ({ bitrateBps }) => bitrateBps,
  },
  {
    name: 'sluice_target_sent_bytes_total',
    help: 'Bytes that the target acknowledged.',
    type: 'counter',
    of: ({ sentBytes }) => sentBytes,
  },
  {
    name: 'sluice_target_dropped_fragments_total',
    help: 'Fragments that were left out because the target was too slow.',
    type: 'counter',
    of: ({ droppedFragments }) => droppedFragments,
  },
  {
    name: 'sluice_target_dropped_seconds_total',
    help: 'Media in them, in seconds.',
    type: 'counter',
    of: ({ droppedSeconds }) => droppedSeconds,
  },
  {
    name: 'sluice_target_reconnects_total',
    help: 'Times that media went again after it had broken off.',
    type: 'counter',
    of: ({ reconnects }) => reconnects,
  },
  {
    name: 'sluice_target_failures',
    help: 'Attempts that failed since media last went well for a minute.',
    type: 'gauge',
    of: ({ failures }) => failures,
  },
]

/** The text format of Prometheus, version 0.0.4. */
export function metricsText(streams: readonly StreamSnapshot[], resources: Resources): string {
  const streamSources = streams.map((source) => ({ source, labels: { stream: source.name } }))
  const targetSources = streams.flatMap(({ name, targets }) =>
    targets.map((source) => ({ source, labels: { stream: name, target: source.name } })),
  )
  const lines = [
    ...ofStreams.flatMap((metric) => metricLines(metric, streamSources)),
    ...ofTargets.flatMap((metric) => metricLines(metric, targetSources)),
    ...resourceMetricLines(resources),
  ]
  return `${lines.join('\n')}\n`
}

function metricLines<T>(metric: Metric<T>, sources: readonly { source: T; labels: Labels }[]): string[] {
  const { name, help, type, of, labels: more } = metric
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...sources.map(
      ({ source, labels }) => `${name}${labelsText({ ...labels, ...more?.(source) })} ${of(source)}`,
    ),
  ]
}

function labelsText(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',')}}`
}
