import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isStale, withLock } from '../../../scripts/setup/lock.mjs'

const dead = { ageSeconds: 0, host: 'here', isAlive: () => false }
const alive = { ageSeconds: 100_000, host: 'here', isAlive: () => true }

test.each([
  ['its owner is gone', { ...dead, owner: '17 here' }, true],
  ['its owner lives, however long it takes', { ...alive, owner: '17 here' }, false],
  [
    'a process of another host has the number of one that is gone here',
    { ...dead, owner: '17 there' },
    false,
  ],
  ['another host has held it for half a day', { ...alive, owner: '17 there' }, true],
  ['its owner is about to write its name', { ...dead, owner: undefined }, false],
  ['its owner was killed before it wrote its name', { ...dead, ageSeconds: 60, owner: undefined }, true],
  ['the name was cut off', { ...dead, ageSeconds: 60, owner: '17' }, true],
])('stale when %s', (_when, facts, expected) => {
  expect(isStale(facts)).toBe(expected)
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const quiet = { doing: () => undefined, note: () => undefined, finish: () => undefined }

test('two that want the lock run one after the other, also when the first fails', async () => {
  const lock = join(folder, 'lock')
  const order: string[] = []
  const first = withLock(lock, quiet, async () => {
    order.push('first begins')
    await new Promise((resolve) => setImmediate(resolve))
    order.push('first ends')
    throw new Error('failed')
  })
  const second = withLock(lock, quiet, async () => order.push('second'))
  await expect(first).rejects.toThrow('failed')
  await second
  expect(order).toEqual(['first begins', 'first ends', 'second'])
  expect(existsSync(lock)).toBe(false)
})

test('a lock left by a process that has ended is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  const lock = join(folder, 'lock')
  mkdirSync(lock)
  writeFileSync(join(lock, 'owner'), `${pid} ${hostname()}`)
  expect(await withLock(lock, quiet, async () => 'mine')).toBe('mine')
})
