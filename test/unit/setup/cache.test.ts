import { expect, test } from 'vitest'
import { cacheDir } from '../../../scripts/setup/context.mjs'
import { prebuiltArchive, workerKeys } from '../../../scripts/setup/worker.mjs'

test('the cache folder: the own setting, then the XDG one, then the home folder', () => {
  const both = { SLUICE_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' }
  expect(cacheDir(both, '/home/me')).toBe('/a')
  expect(cacheDir({ ...both, SLUICE_CACHE_DIR: '' }, '/home/me')).toBe('/b/sluice')
  expect(cacheDir({}, '/home/me')).toBe('/home/me/.cache/sluice')
})

const FACTS = {
  version: '3.27.1',
  distribution: { id: 'debian', version: '12', codename: 'bookworm' },
  platform: 'linux',
  arch: 'x64',
  overlayHash: 'a'.repeat(64),
}

test.each([
  ['another mediasoup', { version: '3.27.2' }],
  ['another release of the system', { distribution: { id: 'debian', version: '13', codename: 'trixie' } }],
  ['another distribution', { distribution: { id: 'ubuntu', version: '12', codename: '' } }],
  ['another processor', { arch: 'arm64' }],
  ['another adaptation of the source', { overlayHash: 'b'.repeat(64) }],
])('%s does not take the worker built here', (_what, change) => {
  expect(workerKeys({ ...FACTS, ...change }).built).not.toBe(workerKeys(FACTS).built)
})

test('the prebuilt worker carries its libraries, so it does not depend on the distribution', () => {
  const elsewhere = { ...FACTS, distribution: { id: 'fedora', version: '44', codename: '' } }
  expect(workerKeys(elsewhere).prebuilt).toBe(workerKeys(FACTS).prebuilt)
})

test('the archive of the prebuilt worker is named as mediasoup names it', () => {
  const facts = { version: '3.27.1', platform: 'linux', arch: 'x64', kernel: '6.1.0-37-amd64' }
  expect(prebuiltArchive(facts)).toBe('mediasoup-worker-3.27.1-linux-x64-kernel6.tgz')
  expect(prebuiltArchive({ ...facts, platform: 'darwin', arch: 'arm64', kernel: '24.1.0' })).toBe(
    'mediasoup-worker-3.27.1-darwin-arm64.tgz',
  )
})
