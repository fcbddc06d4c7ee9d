import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './context.mjs'

const BIO_TEST = '(operationType == BIO_CB_RETURN)'
const BIO_TEST_FIXED = '((operationType & BIO_CB_RETURN) != 0)'

/**
 * Copies the worker's source and makes it build against the system's libraries.
 * @param {string} workerDir `node_modules/mediasoup/worker`
 * @param {string} overlayDir `scripts/setup/worker`
 * @param {string} target
 * @throws {SetupError} when this version of mediasoup needs another change
 */
export function prepareWorkerSource(workerDir, overlayDir, target) {
  cpSync(workerDir, target, { recursive: true })
  // The .wrap files would download each library's source; folders of the same names use the installed ones.
  rmSync(join(target, 'subprojects'), { recursive: true })
  cpSync(join(overlayDir, 'subprojects'), join(target, 'subprojects'), { recursive: true })
  const dtls = join(target, 'src/RTC/DtlsTransport.cpp')
  writeFileSync(dtls, fixBioCallback(readFileSync(dtls, 'utf8')))
}

/**
 * The callback that OpenSSL calls around every operation of a BIO must hand back the operation's own result
 * after it. mediasoup's tests for the flag BIO_CB_RETURN by equality, so it answers 1 also after control
 * calls, where the flag is combined with BIO_CB_CTRL. An OpenSSL that knows kernel TLS, as Debian's, asks
 * the BIO whether the kernel encrypts, reads the 1 as yes and crashes at the first DTLS handshake.
 * @param {string} source of DtlsTransport.cpp
 * @throws {SetupError} when the line is not there exactly once
 */
export function fixBioCallback(source) {
  const parts = source.split(BIO_TEST)
  if (parts.length !== 2) {
    throw new SetupError(
      `DtlsTransport.cpp of this mediasoup has ${parts.length - 1} times, not once, the line that needs a change for the system's OpenSSL; set MEDIASOUP_WORKER_BIN to a worker of your own.`,
    )
  }
  return parts.join(BIO_TEST_FIXED)
}
