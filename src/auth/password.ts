import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../errors.ts'

export type PasswordCost = { N: number; r: number; p: number }
/** OWASP's least for scrypt: 32 MiB for each one that is being checked. */
export const passwordCost: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
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
export async function hashPassword(password: string, cost = passwordCost): Promise<string> {
  const salt = randomBytes(16)
  return hashText(cost, salt, await derive(password, salt, cost))
}

function hashText({ N, r, p }: PasswordCost, salt: Buffer, hash: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/**
 * Takes the same time whether there is a hash or not, so that the time of an answer does not tell which names exist.
 * @param stored null: there is none.
 * @param cost of the hashes that are made at present.
 * @throws GatewayError TOO_MANY_REQUESTS
 */
export async function isPassword(
  password: string,
  stored: string | null,
  cost = passwordCost,
): Promise<boolean> {
  // Of a password that no user has.
  const noHash = hashText(cost, Buffer.alloc(16), Buffer.alloc(hashBytes))
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
