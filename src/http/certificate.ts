import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import { messageOf } from '../errors.ts'

/** Where a certificate and its private key are. */
export type CertificatePaths = { certPath: string; keyPath: string }

/** PEM texts that fit together, and until when they are good. */
export type Certificate = {
  cert: Buffer
  key: Buffer
  validTo: Date
  /** Whether the certificate is for a host name (RFC 9525). */
  isFor: (name: string) => boolean
}

const certSetting = 'tlsCert (SLUICE_TLS_CERT)'
const keySetting = 'tlsKey (SLUICE_TLS_KEY)'

/**
 * Reads a certificate, with its chain, and its key.
 * @throws ConfigError that says which file is missing, unreadable, expired, or does not belong to the other one.
 */
export function readCertificate({ certPath, keyPath }: CertificatePaths, now = new Date()): Certificate {
  const cert = readPem(certSetting, certPath)
  const key = readPem(keySetting, keyPath)
  // Of a chain this is the first one: the server's own.
  const leaf = parsed(certSetting, certPath, 'a certificate in PEM', () => new X509Certificate(cert))
  const privateKey = parsed(keySetting, keyPath, 'a private key in PEM without a passphrase', () =>
    createPrivateKey(key),
  )
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new ConfigError([`${keySetting}: ${keyPath} is not the key of the certificate in ${certPath}`])
  }
  const { validFromDate, validToDate } = leaf
  if (validToDate <= now) {
    throw new ConfigError([`${certSetting}: ${certPath} expired at ${validToDate.toISOString()}`])
  }
  if (validFromDate > now) {
    throw new ConfigError([`${certSetting}: ${certPath} is not valid before ${validFromDate.toISOString()}`])
  }
  return { cert, key, validTo: validToDate, isFor: (name) => leaf.checkHost(name) !== undefined }
}

function readPem(setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ConfigError([`${setting}: ${messageOf(error)}`])
  }
}

function parsed<T>(setting: string, path: string, what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new ConfigError([`${setting}: ${path} does not hold ${what} (${messageOf(error)})`])
  }
}
