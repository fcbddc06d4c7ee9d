import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../errors.ts'

/** OWASP's least for scrypt: 32 MiB for each one that is being checked. */
const cost = { N: 2 ** 15, r: 8, p: 3 }
const hashBytes = 32
/** Twice what `128 N r` needs. */
const maxMemoryBytes = 64 * 1024 * 1024

/** Checks at the same time, and those that wait: more would take the memory and the threads of everything else. */
const maxRunning = 2
const maxWaiting = 30

export const minPasswordCharacters = 10
export const maxPasswordCharacters = 256

let running = 0
const waiting: (() => void)[] = []

/** @throws GatewayError TOO_MANY_REQUESTS */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Of a password that no user has. */
const noHash = ['scrypt', cost.N, cost.r, cost.p, 'c2FsdHNhbHRzYWx0c2FsdA', 'A'.repeat(43)].join('$')

/**
 * Takes the same time whether there is a hash or not, so that the time of an answer does not tell which names exist.
 * @throws GatewayError TOO_MANY_REQUESTS
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = (stored ?? noHash).split('$')
  const expected = Buffer.from(hash, 'base64url')
  const options = { N: Number(N), r: Number(r), p: Number(p) }
  const found = await derive(password, Buffer.from(salt, 'base64url'), options)
  return timingSafeEqual(found, expected) && stored !== null
}

async function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  if (running >= maxRunning) {
    if (waiting.length >= maxWaiting) {
      throw new GatewayError('TOO_MANY_REQUESTS', 'Too many passwords are being checked. Try again soon.')
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running += 1
  try {
    return await new Promise((resolve, reject) => {
      const all = { ...options, maxmem: maxMemoryBytes }
      // The same text typed on another keyboard may be other code points (RFC 8265 section 4.2.2).
      scrypt(password.normalize('NFC'), salt, hashBytes, all, (error, key) =>
        error ? reject(error) : resolve(key),
      )
    })
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}
