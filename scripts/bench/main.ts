// Measures a gateway on this machine: `npm run bench`. Prints one table per measurement.

import { messageOf } from '../../src/errors.ts'
import type { Machine } from './machine.ts'
import { describeMachine } from './machine.ts'
import { measureCpu } from './measure-cpu.ts'
import { measureEncode } from './measure-encode.ts'
import { measureFuzz } from './measure-fuzz.ts'
import { measureLatency } from './measure-latency.ts'
import { measureMemory } from './measure-memory.ts'
import { measurePushMemory } from './measure-push-memory.ts'
import { measureRestream } from './measure-restream.ts'
import { measureServing } from './measure-serving.ts'
import { measureStage } from './measure-stage.ts'
import { measureStart } from './measure-start.ts'
import { measureViewers } from './measure-viewers.ts'
import { measureWatch } from './measure-watch.ts'
import { measureWhep } from './measure-whep.ts'
import { measureWhip } from './measure-whip.ts'
import { type BenchOptions, type MeasurementName, parseOptions, usage } from './options.ts'
import { formatTable, type Table } from './table.ts'

const measurements: Record<MeasurementName, (options: BenchOptions, machine: Machine) => Promise<Table[]>> = {
  cpu: measureCpu,
  encode: measureEncode,
  start: measureStart,
  latency: measureLatency,
  watch: measureWatch,
  memory: measureMemory,
  viewers: measureViewers,
  serving: measureServing,
  restream: measureRestream,
  'push-memory': measurePushMemory,
  whip: measureWhip,
  whep: measureWhep,
  stage: measureStage,
  fuzz: measureFuzz,
}

async function main(): Promise<void> {
  const options = readOptions()
  if (!options) return
  const machine = await describeMachine()
  console.log(`${machine.lines.join('\n')}\n`)
  for (const name of options.names) {
    for (const table of await measurements[name](options, machine)) console.log(`${formatTable(table)}\n`)
  }
}

function readOptions(): BenchOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`)
    process.exitCode = 2
    return undefined
  }
}

await main()
