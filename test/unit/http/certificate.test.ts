import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { ConfigError } from '../../../src/config/config-error.ts'
import { readCertificate } from '../../../src/http/certificate.ts'
import { type CertificateFiles, certificateFiles } from '../../support/certificate.ts'

const cleanup = new Cleanup()
let files: CertificateFiles
beforeEach(async () => {
  files = await certificateFiles(cleanup)
})
afterAll(() => cleanup.run())

const years = (count: number) => new Date(Date.now() + count * 366 * 86_400_000)

function problem(now?: Date): string {
  try {
    readCertificate(files, now)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
}

test('a certificate and its key', () => {
  const { cert, validTo } = readCertificate(files)
  expect(cert.toString()).toBe(files.certPem)
  expect(validTo.getTime()).toBeGreaterThan(Date.now())
})

test.each<{ what: string; spoil?: () => Promise<void> | void; now?: Date; says: RegExp }>([
  {
    what: 'no certificate',
    spoil: () => {
      files.certPath += '-not'
    },
    says: /^tlsCert \(SLUICE_TLS_CERT\): ENOENT.*cert\.pem-not/,
  },
  {
    what: 'no key',
    spoil: () => {
      files.keyPath += '-not'
    },
    says: /^tlsKey \(SLUICE_TLS_KEY\): ENOENT.*key\.pem-not/,
  },
  {
    what: 'something else than a certificate',
    spoil: () => writeFile(files.certPath, 'hello'),
    says: /^tlsCert.*does not hold a certificate in PEM/,
  },
  {
    what: 'the key as certificate',
    spoil: () => {
      files.certPath = files.keyPath
    },
    says: /^tlsCert.*does not hold a certificate in PEM/,
  },
  {
    what: 'a key with a passphrase',
    spoil: () =>
      writeFile(
        files.keyPath,
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
          ...{ type: 'pkcs8', format: 'pem' },
          ...{ cipher: 'aes-256-cbc', passphrase: 'secret' },
        }),
      ),
    says: /^tlsKey.*does not hold a private key in PEM without a passphrase/,
  },
  {
    what: 'the key of another certificate',
    spoil: async () => {
      files.keyPath = (await certificateFiles(cleanup)).keyPath
    },
    says: /^tlsKey.*is not the key of the certificate in .*cert\.pem$/,
  },
  { what: 'one that expired', now: years(100), says: /^tlsCert.*expired at 20\d\d-/ },
  {
    what: 'one of the future',
    now: years(-100),
    says: /^tlsCert.*not valid before 20\d\d-/,
  },
])('$what', async ({ spoil, now, says }) => {
  await spoil?.()
  expect(problem(now)).toMatch(says)
  expect(problem(now)).not.toContain('PRIVATE KEY')
})
