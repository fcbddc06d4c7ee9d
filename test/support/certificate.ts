import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSelfSignedCertificate } from 'werift'
import type { Cleanup } from '../../src/cleanup.ts'

export type CertificateFiles = { certPath: string; keyPath: string; certPem: string }

// Numbers of the TLS registries: sha256 with ecdsa, on secp256r1.
const sha256Ecdsa = { hash: 4, signature: 3 } as const
const secp256r1 = 23

/** Files with a new certificate, signed by itself, and its key. */
export async function certificateFiles(cleanup: Cleanup): Promise<CertificateFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-certificate-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  const files = { certPath: join(directory, 'cert.pem'), keyPath: join(directory, 'key.pem') }
  return { ...files, certPem: await writeCertificate(files) }
}

/** Puts another certificate there. @returns its PEM. */
export async function writeCertificate(files: { certPath: string; keyPath: string }): Promise<string> {
  const { certPem, keyPem } = await createSelfSignedCertificate(sha256Ecdsa, secp256r1)
  await writeFile(files.keyPath, keyPem)
  await writeFile(files.certPath, certPem)
  return certPem
}
