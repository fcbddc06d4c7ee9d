import { z } from 'zod'
import { type HlsSnapshot, hlsSnapshotSchema } from '../../../src/hls/hls-snapshot.ts'
import { type TargetSnapshot, targetSnapshotSchema } from '../../../src/push/target-snapshot.ts'
import type { Output, OutputContext, OutputKinds } from '../../../src/streams/output.ts'

type Name = keyof OutputKinds

/** Outputs that only note what is done with them, as `end hls`. One of them may fail. */
export function fakeOutputs(fail: { failOpen?: Name; failEnd?: Name } = {}): {
  kinds: OutputKinds
  calls: string[]
  /** Ends take until this is called. */
  finishEnds: () => void
  holdEnds: () => void
} {
  const calls: string[] = []
  let held = Promise.withResolvers<void>()
  held.resolve()
  function open<Snapshot>(name: Name, snapshot: Snapshot): Output<Snapshot> {
    calls.push(`open ${name}`)
    if (fail.failOpen === name) throw new Error(`${name} does not open`)
    return {
      snapshot: () => snapshot,
      async end() {
        calls.push(`end ${name}`)
        if (fail.failEnd === name) throw new Error(`${name} does not end`)
        await held.promise
      },
      dispose: () => void calls.push(`dispose ${name}`),
    }
  }
  const kinds: OutputKinds = {
    hls: {
      schema: hlsSnapshotSchema.nullable(),
      idle: () => null,
      open: ({ stream }: OutputContext) => open('hls', { ...hls, path: `hls of ${stream}` }),
    },
    targets: {
      schema: z.array(targetSnapshotSchema),
      idle: () => [],
      open: ({ stream }: OutputContext) => open('targets', [{ ...target, name: `targets of ${stream}` }]),
    },
  }
  return {
    kinds,
    calls,
    holdEnds: () => {
      held = Promise.withResolvers()
    },
    finishEnds: () => held.resolve(),
  }
}

const hls: HlsSnapshot = {
  path: '',
  playable: true,
  segments: 0,
  mediaSequence: 0,
  bufferedBytes: 0,
  partTargetSeconds: null,
  waitingViewers: 0,
}

const target: TargetSnapshot = {
  name: '',
  kind: 'rtmp',
  destination: 'rtmp://127.0.0.1',
  state: 'live',
  since: '',
  liveSince: null,
  bitrateBps: 0,
  sentBytes: 0,
  droppedFragments: 0,
  droppedSeconds: 0,
  reconnects: 0,
  failures: 0,
  nextTryAt: null,
  lastError: null,
  errorClass: null,
  profile: null,
}
