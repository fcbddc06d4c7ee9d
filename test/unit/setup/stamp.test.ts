import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packagesStamp } from '../../../scripts/setup/packages.mjs'
import { hashOf, isStamped, removeStamp, writeStamp } from '../../../scripts/setup/stamp.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stamp-'))
  mkdirSync(join(folder, 'player/dist'), { recursive: true })
  writeFileSync(join(folder, 'player/index.html'), 'page')
  writeFileSync(join(folder, 'player/dist/index.html'), 'built')
})
afterEach(() => rmSync(folder, { recursive: true }))

const dist = () => join(folder, 'player/dist')
const hash = () => hashOf(folder, [join(folder, 'player')], (path: string) => path === dist())

test('the hash changes with a content, a new file, a file name', () => {
  const hashes = [hash()]
  writeFileSync(join(folder, 'player/index.html'), 'page 2')
  hashes.push(hash())
  writeFileSync(join(folder, 'player/new.ts'), '')
  hashes.push(hash())
  renameSync(join(folder, 'player/new.ts'), join(folder, 'player/newer.ts'))
  hashes.push(hash())
  expect(new Set(hashes).size).toBe(4)
})

test('the hash does not change with the outputs or with the place of the checkout', () => {
  const before = hash()
  writeFileSync(join(dist(), 'index.html'), 'built again')
  expect(hash()).toBe(before)
  const moved = `${folder}-moved`
  renameSync(folder, moved)
  folder = moved
  expect(hash()).toBe(before)
})

test('bytes moving from one file to the next change the hash', () => {
  const both = [join(folder, 'a'), join(folder, 'b')]
  for (const [i, text] of ['ab', 'c'].entries()) writeFileSync(both[i] ?? '', text)
  const before = hashOf(folder, both)
  for (const [i, text] of ['a', 'bc'].entries()) writeFileSync(both[i] ?? '', text)
  expect(hashOf(folder, both)).not.toBe(before)
})

test('a stamp counts only with exactly its content, and not once removed', () => {
  const file = join(folder, 'node_modules/.sluice/packages')
  expect(isStamped(file, 'x')).toBe(false)
  writeStamp(file, 'x')
  expect(isStamped(file, 'x')).toBe(true)
  expect(isStamped(file, 'y')).toBe(false)
  removeStamp(file)
  expect(isStamped(file, 'x')).toBe(false)
})

test('another major version of Node installs the packages again', () => {
  expect(packagesStamp('hash', '22')).not.toBe(packagesStamp('hash', '24'))
})
