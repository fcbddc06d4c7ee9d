import { expect, test } from 'vitest'
import { measurementNames, parseOptions } from '../../../scripts/bench/options.ts'

test('measures everything unless told otherwise', () => {
  expect(parseOptions([])).toEqual({ names: measurementNames, runs: undefined, seconds: undefined })
})

test('takes names in the order in which they are run, and numbers', () => {
  expect(parseOptions(['memory', 'cpu', '--runs', '5', '--seconds=600'])).toEqual({
    names: ['cpu', 'memory'],
    runs: 5,
    seconds: 600,
  })
})

test.each([['cpus'], ['--runs', '0'], ['--runs', 'many'], ['--seconds', '1.5'], ['--frames', '2']])(
  'refuses %j',
  (...args) => {
    expect(() => parseOptions(args)).toThrow()
  },
)
