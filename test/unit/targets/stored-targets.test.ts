import { expect, test } from 'vitest'
import { parseStoredTargets } from '../../../src/targets/stored-targets.ts'

const empty = { targets: new Map(), switched: new Map() }

test('what earlier versions kept is read, with names that objects have already', () => {
  expect(parseStoredTargets('{"version":1}')).toEqual(empty)
  const switched = '{"version":1,"switched":{"show":{"__proto__":true,"one":false}}}'
  expect(parseStoredTargets(switched).switched.get('show')).toEqual(
    new Map([
      ['__proto__', true],
      ['one', false],
    ]),
  )
})

test.each([
  '',
  '[]',
  'null',
  '{"version":2}',
  '{"version":1,"more":1}',
  '{"version":1,"switched":[]}',
  '{"version":1,"switched":[["show",{}]]}',
  '{"version":1,"switched":null}',
  '{"version":1,"switched":"show"}',
  '{"version":1,"switched":{"No Name":{}}}',
  '{"version":1,"targets":{"show":{}}}',
])('%s is refused', (text) => {
  expect(() => parseStoredTargets(text)).toThrow()
})
