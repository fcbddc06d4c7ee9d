import type { Output, OutputContext, OutputKind, OutputKinds, OutputSnapshots } from './output.ts'

/** All outputs of one broadcast, as one. */
export type OpenOutputs = Output<OutputSnapshots>

/**
 * Opens one output of each kind. An output that fails to end keeps no other from it.
 * @throws what an output throws when it opens; those that were open already are gone then.
 */
export function openOutputs(kinds: OutputKinds, context: OutputContext): OpenOutputs {
  const open = new Map<string, Output<unknown>>()
  const outputs: OpenOutputs = {
    snapshot: () => named([...open].map(([name, output]) => [name, output.snapshot()])),
    async end() {
      const ends = await Promise.allSettled([...open.values()].map((output) => output.end()))
      for (const end of ends) {
        if (end.status === 'rejected') context.log.error({ err: end.reason }, 'an output did not end')
      }
    },
    dispose() {
      for (const output of open.values()) output.dispose()
    },
  }
  try {
    for (const [name, kind] of entries(kinds)) open.set(name, kind.open(context))
  } catch (error) {
    void outputs.end().then(() => outputs.dispose())
    throw error
  }
  return outputs
}

/** What the outputs of a stream show while it has no broadcast. */
export function idleOutputs(kinds: OutputKinds): OutputSnapshots {
  return named(entries(kinds).map(([name, kind]) => [name, kind.idle()]))
}

function entries(kinds: OutputKinds): [string, OutputKind<unknown>][] {
  return Object.entries(kinds)
}

/** `OutputKinds` has one kind for each member of `OutputSnapshots`, which the compiler can't follow through entries. */
function named(snapshots: [string, unknown][]): OutputSnapshots {
  return Object.assign({}, ...snapshots.map(([name, snapshot]) => ({ [name]: snapshot })))
}
