import { describe, expect, test } from 'vitest'
import { streamNameFromPath, streamNameProblem } from '../../../player/src/common/stream-name.ts'

describe('streamNameProblem', () => {
  test.each(['a', '0', 'alice', 'my-show_2', 'a'.repeat(64)])('%s is a name', (name) => {
    expect(streamNameProblem(name)).toBeNull()
  })
  test.each([
    ['', /Type a name/],
    ['Alice', /small letters/],
    ['-alice', /begins with/],
    ['_alice', /begins with/],
    ['my show', /without spaces/],
    ['é', /Use only/],
    ['a'.repeat(65), /this one has 65/],
  ])('%j is none', (name, problem) => {
    expect(streamNameProblem(name)).toMatch(problem)
  })
})

test.each([
  ['/watch/alice', 'alice'],
  ['/publish/my-show/', 'my-show'],
  ['/watch/Alice', null],
  ['/watch/', null],
  ['/watch/a/b', null],
  ['/', null],
])('the stream of %s is %s', (path, name) => {
  expect(streamNameFromPath(path)).toBe(name)
})
