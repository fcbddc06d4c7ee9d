import { expect, test } from 'vitest'
import { missingPackages } from '../../../scripts/setup/apt.mjs'
import { backportsSource, candidateVersion, pickMirror } from '../../../scripts/setup/meson.mjs'

test('a package is missing when it is unknown, removed with its settings left, or half installed', () => {
  const output = 'g++ installed\nnginx config-files\nlibabsl-dev half-configured\nlibuv1-dev not-installed\n'
  const wanted = ['libabsl-dev', 'g++', 'chromium', 'nginx', 'libuv1-dev', 'chromium']
  expect(missingPackages(output, wanted)).toEqual(['libabsl-dev', 'chromium', 'nginx', 'libuv1-dev'])
})

test('a package installed for one of two architectures is there', () => {
  expect(missingPackages('libssl-dev not-installed\nlibssl-dev installed\n', ['libssl-dev'])).toEqual([])
})

test('the version that apt would install', () => {
  const policy = 'meson:\n  Installed: (none)\n  Candidate: 1.0.1-5\n  Version table:\n     1.0.1-5 500\n'
  expect(candidateVersion(policy)).toBe('1.0.1-5')
  expect(candidateVersion(policy.replace('1.0.1-5', '(none)'))).toBeUndefined()
  expect(candidateVersion('')).toBeUndefined()
})

test('the mirror is the one that the system takes Debian itself from', () => {
  const targets = [
    'https://other.example/apt/ Other stable',
    'http://deb.debian.org/debian-security/ Debian oldstable-security',
    'http://mirror.example/debian/ Debian oldstable',
    'http://mirror2.example/debian/ Debian oldstable-updates',
  ].join('\n')
  expect(pickMirror(targets)).toBe('http://mirror.example/debian/')
  expect(pickMirror('')).toBeUndefined()
})

test('backports are those of this release', () => {
  expect(backportsSource('http://mirror.example/debian', 'bookworm')).toContain(
    'URIs: http://mirror.example/debian\nSuites: bookworm-backports\n',
  )
})
