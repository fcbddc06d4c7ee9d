import { createHash, randomBytes } from 'node:crypto'

/** The kind of a secret is to be seen in it, so that scanners of code and logs find one that leaked. */
const prefixes = { key: 'slk_', token: 'slt_', session: 'sls_', link: 'sll_', invite: 'sli_' } as const
export type SecretKind = keyof typeof prefixes

/** 256 random bits. */
export function newSecret(kind: SecretKind): string {
  return prefixes[kind] + randomBytes(32).toString('base64url')
}

/**
 * What is kept of a secret. A fast hash is enough for 256 random bits, and lets the database look it up: a lookup of
 * the hash tells nothing by its time that would lead to the secret.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

let counter = 0

/** An id that sorts by the time it was made, and can't be guessed. */
export function newId(nowMs: number = Date.now()): string {
  counter = (counter + 1) % 36 ** 4
  const time = nowMs.toString(36).padStart(9, '0')
  return `${time}${counter.toString(36).padStart(4, '0')}${randomBytes(8).toString('hex')}`
}
