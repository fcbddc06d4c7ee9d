import { expect, test } from 'vitest'
import { SerialQueue } from '../../src/serial-queue.ts'

test('tasks run one after the other, in order, and a failure reaches only its own asker', async () => {
  const queue = new SerialQueue()
  const log: string[] = []
  const first = Promise.withResolvers<void>()
  const one = queue.run(async () => {
    log.push('one begins')
    await first.promise
    log.push('one ends')
    throw new Error('one failed')
  })
  const two = queue.run(() => {
    log.push('two')
    return 2
  })
  const three = queue.run(() => {
    throw new Error('three failed at once')
  })
  const four = queue.run(async () => await Promise.resolve(4))
  first.resolve()
  await expect(one).rejects.toThrow('one failed')
  expect(await two).toBe(2)
  await expect(three).rejects.toThrow('three failed at once')
  expect(await four).toBe(4)
  expect(log).toEqual(['one begins', 'one ends', 'two'])
})
