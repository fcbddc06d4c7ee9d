import { expect, test } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'

test('undoes the newest first, one after the other', async () => {
  const cleanup = new Cleanup()
  const order: string[] = []
  cleanup.defer(() => void order.push('first'))
  cleanup.defer(async () => {
    order.push('second begins')
    await Promise.resolve()
    order.push('second ends')
  })
  expect(cleanup.closed).toBe(false)
  const running = cleanup.run()
  expect(cleanup.closed).toBe(true)
  await running
  expect(order).toEqual(['second begins', 'second ends', 'first'])
})

test('runs once, and further calls wait for the same end', async () => {
  const cleanup = new Cleanup()
  const gate = Promise.withResolvers<void>()
  let undone = 0
  cleanup.defer(async () => {
    await gate.promise
    undone += 1
  })
  const [first, second] = [cleanup.run(), cleanup.run()]
  expect(undone).toBe(0)
  gate.resolve()
  await Promise.all([first, second])
  expect(undone).toBe(1)
})

test('an undo that fails does not keep the others from running', async () => {
  const cleanup = new Cleanup()
  const order: string[] = []
  cleanup.defer(() => void order.push('oldest'))
  cleanup.defer(() => {
    throw new Error('one')
  })
  cleanup.defer(async () => {
    throw new Error('two')
  })
  const failure: unknown = await cleanup.run().catch((error: unknown) => error)
  expect(order).toEqual(['oldest'])
  expect(failure).toBeInstanceOf(AggregateError)
  expect(failure).toMatchObject({ errors: [{ message: 'two' }, { message: 'one' }] })
})

test('what comes up while closing, or later, is undone at once', async () => {
  const cleanup = new Cleanup()
  const undone: string[] = []
  cleanup.defer(() => cleanup.defer(() => void undone.push('while closing')))
  await cleanup.run()
  cleanup.defer(() => void undone.push('after closing'))
  await cleanup.run()
  expect(undone).toEqual(['while closing', 'after closing'])
})
