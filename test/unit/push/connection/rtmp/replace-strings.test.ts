import { describe, expect, test } from 'vitest'
import { replaceStrings } from '../../../../../src/push/connection/rtmp/replace-strings.ts'
import { connectCommand, nameCommand, number, object, text } from './client-bytes.ts'

const names = new Map([
  ['app-x', 'live?key=1'],
  ['name-x', ''],
  ['url-x', 'rtmp://server/live'],
])

function replaced(payload: Buffer) {
  const found: string[] = []
  return { payload: replaceStrings(payload, names, (placeholder) => found.push(placeholder)), found }
}

describe('replaceStrings', () => {
  test('replaces values, whatever their length, and nothing else', () => {
    expect(replaced(connectCommand('app-x', 'url-x'))).toEqual({
      payload: connectCommand('live?key=1', 'rtmp://server/live'),
      found: ['app-x', 'url-x'],
    })
    expect(replaced(nameCommand('publish', 'name-x'))).toEqual({
      payload: nameCommand('publish', ''),
      found: ['name-x'],
    })
    const others = nameCommand('publish', 'app-x-and-more')
    expect(replaced(others)).toEqual({ payload: others, found: [] })
  })

  test('leaves the names of properties alone', () => {
    const payload = object({ 'app-x': text('app-x') })
    expect(replaced(payload)).toEqual({ payload: object({ 'app-x': text('live?key=1') }), found: ['app-x'] })
  })

  test('goes into objects and arrays, and past every other type', () => {
    const of = (value: Buffer) =>
      Buffer.concat([
        ...[
          number(1.5),
          Buffer.of(1, 1),
          Buffer.of(5),
          Buffer.of(6),
          Buffer.of(11, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0),
        ],
        object({ deep: object({ deeper: value }) }),
        ...[Buffer.of(8, 0, 0, 0, 1), object({ item: value }).subarray(1)],
        ...[Buffer.of(10, 0, 0, 0, 2), value, number(2)],
        value,
      ])
    expect(replaced(of(text('app-x')))).toEqual({
      payload: of(text('live?key=1')),
      found: ['app-x', 'app-x', 'app-x', 'app-x'],
    })
  })

  test('reads long strings, whose length has four bytes', () => {
    const long = Buffer.concat([Buffer.of(12, 0, 0, 0, 5), Buffer.from('app-x')])
    expect(replaced(long).payload).toEqual(text('live?key=1'))
    const other = Buffer.concat([Buffer.of(12, 0, 0, 0, 5), Buffer.from('other')])
    expect(replaced(other).payload).toEqual(other)
  })

  test.each([
    ['a string that ends too early', Buffer.of(2, 0, 5, 97)],
    ['a number that ends too early', Buffer.of(0, 1, 2)],
    ['a type that commands do not have', Buffer.of(17, 0)],
    ['an object without an end', Buffer.of(3, 0, 0, 5)],
    [
      'objects in objects without end',
      Buffer.concat(Array.from({ length: 50 }, () => Buffer.of(3, 0, 1, 97))),
    ],
  ])('refuses %s', (_what, payload) => {
    expect(() => replaced(payload)).toThrow(RangeError)
  })

  test('takes objects as deep as eight', () => {
    let deep = number(1)
    for (let depth = 0; depth < 8; depth += 1) deep = object({ a: deep })
    expect(replaced(deep).payload).toEqual(deep)
    expect(() => replaced(object({ a: deep }))).toThrow(/deep/)
  })
})
