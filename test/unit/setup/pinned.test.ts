import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkDownload, mayDownload, PINNED } from '../../../scripts/setup/pinned.mjs'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-pinned-'))
  file = join(folder, 'worker.tgz')
  writeFileSync(file, 'a worker')
})
afterEach(() => rmSync(folder, { recursive: true }))

const sha256 = createHash('sha256').update('a worker').digest('hex')

test('a download that is what was pinned is used', () => {
  const pinned = { 'worker.tgz': sha256 }
  expect(mayDownload('worker.tgz', {}, pinned)).toBe(true)
  expect(checkDownload('worker.tgz', file, {}, pinned)).toEqual({ sha256, verified: true })
})

test('one that is something else is refused, also where unverified ones are allowed', () => {
  const pinned = { 'worker.tgz': 'f'.repeat(64) }
  const refused = { refused: expect.stringContaining(`${sha256} instead of ${'f'.repeat(64)}`) }
  expect(checkDownload('worker.tgz', file, {}, pinned)).toEqual(refused)
  expect(checkDownload('worker.tgz', file, { SLUICE_UNVERIFIED_DOWNLOADS: '1' }, pinned)).toEqual(refused)
})

test.each([
  [{}, false],
  [{ SLUICE_UNVERIFIED_DOWNLOADS: '' }, false],
  [{ SLUICE_UNVERIFIED_DOWNLOADS: '0' }, false],
  [{ SLUICE_UNVERIFIED_DOWNLOADS: '1' }, true],
])('one without a pinned hash, with %j: %s', (env, allowed) => {
  // Also when it is named like a member of every object.
  for (const name of ['other.tgz', 'constructor']) {
    expect(mayDownload(name, env, {})).toBe(allowed)
    expect('refused' in checkDownload(name, file, env, {})).toBe(!allowed)
  }
})

test('what is pinned is a SHA-256', () => {
  for (const hash of Object.values(PINNED)) expect(hash).toMatch(/^[0-9a-f]{64}$/)
})
