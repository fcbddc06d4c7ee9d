import { describe, expect, test } from 'vitest'
import {
  afterConnectionEnd,
  type ConnectionEnd,
} from '../../../player/src/publish/connection/connection-end.ts'

const lost: ConnectionEnd = { reason: 'the connection broke', code: null, retry: null }
const fresh = { resuming: false, failures: 1, random: 0 }
const back = { resuming: true, failures: 1, random: 0 }

describe('afterConnectionEnd', () => {
  test.each([
    ['a lost connection', lost, fresh, 'retry'],
    ['a taken name, as a newcomer', { ...lost, code: 'STREAM_TAKEN' }, fresh, 'stop'],
    ['a taken name, coming back', { ...lost, code: 'STREAM_TAKEN' }, back, 'retry'],
    ['a wrong version', { ...lost, code: 'UNSUPPORTED_PROTOCOL' }, back, 'stop'],
    ['a browser that cannot', { ...lost, code: 'UNSUPPORTED' }, fresh, 'stop'],
    ['a gateway that shuts down', { ...lost, code: 'SHUTTING_DOWN' }, back, 'retry'],
    ['a full gateway', { ...lost, code: 'TOO_MANY_STREAMS' }, fresh, 'retry'],
    ['told to come back', { ...lost, code: 'WRONG_STATE', retry: true }, fresh, 'retry'],
    ['told to stay away', { ...lost, code: 'INTERNAL', retry: false }, back, 'stop'],
  ] as const)('%s', (_, end, facts, action) => {
    expect(afterConnectionEnd(end, facts).action).toBe(action)
  })

  test.each([
    [1, 0, 500],
    [2, 0, 1000],
    [4, 0, 4000],
    [5, 0, 5000],
    [100, 0, 5000],
    [1, 1, 350],
  ])('the delay after %d failures at random %d', (failures, random, delayMs) => {
    expect(afterConnectionEnd(lost, { resuming: true, failures, random })).toEqual({
      action: 'retry',
      delayMs,
    })
  })

  test('says what to do about a taken name, and why else it stopped', () => {
    const taken = 'Another publisher is live on "show". Choose another name.'
    expect(afterConnectionEnd({ reason: taken, code: 'STREAM_TAKEN', retry: null }, fresh)).toMatchObject({
      message: taken,
    })
    expect(afterConnectionEnd({ reason: 'out of order', code: null, retry: false }, back)).toMatchObject({
      message: 'Stopped: out of order',
    })
  })
})
