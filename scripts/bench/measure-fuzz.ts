import { randomInt } from 'node:crypto'
import { fuzz } from '../../test/support/fuzz/fuzz.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import type { Table } from './table.ts'

const defaultInputs = 10_000

/** Throws fuzzed inputs at a gateway; ends with an error, and the input, when one of them does harm. */
export async function measureFuzz(options: BenchOptions, _machine: Machine): Promise<Table[]> {
  const seed = options.seed ?? randomInt(2 ** 31)
  const inputs = options.inputs ?? defaultInputs
  // Before the run: one that crashes must be replayable, too.
  console.log(`fuzz: seed ${seed}; again by: npm run bench -- fuzz --seed ${seed} --inputs ${inputs}\n`)
  const results = await fuzz(inputs, seed)
  return [
    {
      title: `fuzz: ${inputs} inputs, seed ${seed}; no crash, no leak, no wrong answer`,
      columns: ['inputs', 'number', 'answers'],
      rows: results.map(({ name, inputs: count, outcomes }) => [
        name,
        String(count),
        [...outcomes].map(([outcome, times]) => `${outcome}: ${times}`).join(', '),
      ]),
      notes: [`again by: npm run bench -- fuzz --seed ${seed} --inputs ${inputs}`],
    },
  ]
}
