import { expect, test } from 'vitest'
import { fuzz } from '../support/fuzz/fuzz.ts'

/** Fixed, so that a failure is the same on every machine; `npm run bench -- fuzz` takes others, and many more inputs. */
const seed = 20_261_121

test('some hundred fuzzed inputs of each kind bring nothing down, and leave nothing behind', async () => {
  const results = await fuzz(600, seed)
  const met = new Map(results.map(({ name, outcomes }) => [name, [...outcomes.keys()]]))
  // A generator whose inputs are all refused, or all taken, would prove little.
  expect(met.get('websocket frames')).toEqual(expect.arrayContaining(['ok', 'BAD_REQUEST']))
  expect(met.get('SDP offers to WHIP')).toEqual(expect.arrayContaining(['201', '400']))
  expect(met.get('SDP offers to WHEP')).toEqual(expect.arrayContaining(['201', '400']))
  expect(met.get('HTTP requests')).toEqual(expect.arrayContaining(['400', '404']))
  expect(met.get('MP4 of a broken ffmpeg')).toEqual(expect.arrayContaining(['read', 'refused']))
})
