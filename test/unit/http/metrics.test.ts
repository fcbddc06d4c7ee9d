import { expect, test } from 'vitest'
import { metricsText } from '../../../src/http/metrics.ts'
import { processMemory, residentBytesIn } from '../../../src/http/process-metrics.ts'
import type { TargetSnapshot } from '../../../src/push/target-snapshot.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'

const target: TargetSnapshot = {
  name: 'My "main" \\ one',
  kind: 'youtube',
  destination: 'rtmps://a.example',
  state: 'live',
  since: '',
  liveSince: '',
  bitrateBps: 2_000_000,
  sentBytes: 12_345,
  droppedFragments: 3,
  droppedSeconds: 0.6,
  reconnects: 1,
  failures: 2,
  nextTryAt: null,
  lastError: null,
  errorClass: null,
  profile: null,
}
const stream: StreamSnapshot = {
  name: 'show',
  state: 'live',
  reason: '',
  since: '',
  liveSince: '',
  tracks: [],
  packager: null,
  feed: null,
  hls: null,
  targets: [target, { ...target, name: 'two', state: 'refused' }],
}

const processes = [processMemory('gateway', [process.pid]), processMemory('worker', [-1])]
const resources = {
  processes,
  media: { usedBytes: 12, limitBytes: 34 },
  transcodes: { inUse: 1, limit: 4 },
}

test('the memory of a process is what the kernel says; of one that is gone it is 0', () => {
  const [gateway, worker] = processes
  expect(gateway?.residentBytes).toBeGreaterThan(10_000_000)
  expect(gateway?.residentBytes).toBeLessThan(10_000_000_000)
  expect(worker).toEqual({ kind: 'worker', count: 1, residentBytes: 0 })
  expect(residentBytesIn('VmHWM:\t   90000 kB\nVmRSS:\t   55812 kB\nRssAnon: 1 kB\n')).toBe(55_812 * 1024)
})

test('each line is what Prometheus takes, and each metric is told of once', () => {
  const lines = metricsText([stream], resources).trimEnd().split('\n')
  for (const line of lines) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) sluice_\w+ .+|sluice_\w+ \d+|sluice_\w+\{\w+="([^"\\]|\\["\\n])*"(,\w+="([^"\\]|\\["\\n])*")*\} [\d.]+)$/,
    )
  }
  const types = lines.filter((line) => line.startsWith('# TYPE'))
  expect(new Set(types).size).toBe(types.length)
  // Counters end with _total.
  for (const line of types) expect(line.endsWith(' counter')).toBe(/_total /.test(line))
})

test('tells streams and targets', () => {
  const text = metricsText([stream, { ...stream, name: 'idle', state: 'idle', targets: [] }], resources)
  const name = 'stream="show",target="My \\"main\\" \\\\ one"'
  for (const line of [
    'sluice_stream_live{stream="show"} 1',
    'sluice_stream_live{stream="idle"} 0',
    `sluice_target_live{${name}} 1`,
    `sluice_target_state{${name},state="live"} 1`,
    'sluice_target_state{stream="show",target="two",state="refused"} 1',
    `sluice_target_sent_bytes_total{${name}} 12345`,
    `sluice_target_dropped_fragments_total{${name}} 3`,
    `sluice_target_reconnects_total{${name}} 1`,
    'sluice_processes{kind="worker"} 1',
    'sluice_media_bytes 12',
    'sluice_media_limit_bytes 34',
    'sluice_transcodes 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})
