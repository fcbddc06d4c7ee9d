import { expect, test } from 'vitest'
import { parseOsRelease } from '../../../scripts/setup/os-release.mjs'

test('reads quoted and bare values and skips what is no assignment', () => {
  const text = [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
    'VERSION_ID="12"',
    '# VERSION_CODENAME=commented',
    "VERSION_CODENAME='bookworm'",
    'ID=debian',
    'HOME_URL="https://www.debian.org/?a=b"',
    '',
  ].join('\n')
  expect(parseOsRelease(text)).toEqual({ id: 'debian', version: '12', codename: 'bookworm' })
})

test('a release without a number, as Debian testing, is named so', () => {
  expect(parseOsRelease('ID=debian\nVERSION_CODENAME=forky\n')).toEqual({
    id: 'debian',
    version: 'rolling',
    codename: 'forky',
  })
})
