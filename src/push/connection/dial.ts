import { lookup } from 'node:dns/promises'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { DialError, type DialPhase } from '../failure.ts'
import { type AddressRules, whyBlocked } from './address-rules.ts'
import type { Destination } from './destination.ts'

/** Time for each of: finding the address, TCP, TLS. All three together must stay below 15 s, and one alone is rare. */
const phaseTimeoutMs = 8_000
/** When the first address does not answer, the next one is tried beside it (RFC 8305). */
const nextAddressMs = 500

export type DialSettings = {
  rules: AddressRules
  verifyTls: boolean
  /** PEM with authorities that may sign for servers, beside those that Node and the system know. */
  extraCa: string | null
}

/** Opens the connection of a push, or of a webhook. */
export type Dial = (destination: DialDestination, trusted: boolean, signal: AbortSignal) => Promise<Socket>

/** As much of a destination as connecting takes. */
export type DialDestination = Pick<Destination, 'host' | 'port' | 'secure'>

/**
 * Makes the function that connects to RTMP servers and to receivers of webhooks. The addresses of a host are found and checked once, and the
 * connection goes to one of those: a name that leads elsewhere a moment later (DNS rebinding) gains nothing.
 * The function throws DialError.
 */
export function createDial({ rules, verifyTls, extraCa }: DialSettings): Dial {
  // Made once: reading a hundred certificates takes its time.
  const secureContext = createSecureContext({
    ca: [
      ...getCACertificates('default'),
      ...getCACertificates('system'),
      ...(extraCa === null ? [] : [extraCa]),
    ],
  })
  return async (destination, trusted, signal) => {
    const addresses = await checkedAddresses(rules, destination.host, trusted, signal)
    const socket = await connectTcp(destination, addresses, signal)
    if (!destination.secure) return socket
    return await secure(socket, destination.host, { secureContext, rejectUnauthorized: verifyTls }, signal)
  }
}

type Address = { address: string; family: number }

/**
 * The addresses of a host, of both families.
 * @throws DialError, with the sentence for people when one of them is against the rules.
 */
export async function checkedAddresses(
  rules: AddressRules,
  host: string,
  trusted: boolean,
  signal: AbortSignal,
): Promise<Address[]> {
  const addresses = await within<Address[]>(
    'resolving',
    signal,
    () => undefined,
    (resolve, reject) => void lookup(host, { all: true }).then(resolve, reject),
  )
  for (const { address } of addresses) {
    const blocked = whyBlocked(rules, host, address, trusted)
    if (blocked !== null) throw new DialError('resolving', 'BLOCKED', { blocked })
  }
  return addresses
}

function connectTcp(
  destination: DialDestination,
  addresses: Address[],
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port } = destination
  const given: LookupFunction = (_host, options, done) => {
    const [first] = addresses
    if (options.all || !first) done(null, addresses)
    else done(null, first.address, first.family)
  }
  const socket = connect({
    host,
    port,
    lookup: given,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressMs,
    // RTMP sends many small messages, and each is news.
    noDelay: true,
  })
  return opened('connecting', 'connect', socket, signal)
}

function secure(
  raw: Socket,
  host: string,
  trust: { secureContext: SecureContext; rejectUnauthorized: boolean },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connectTls({
    socket: raw,
    // The name that the certificate must have.
    host,
    // RFC 6066 section 3: the name of the server, no address. YouTube's servers ask for it.
    ...(isIP(host) ? {} : { servername: host }),
    ...trust,
  })
  return opened('securing', 'secureConnect', socket, signal)
}

/** @throws DialError; then the socket is destroyed. */
function opened(
  phase: DialPhase,
  event: 'connect' | 'secureConnect',
  socket: Socket,
  signal: AbortSignal,
): Promise<Socket> {
  return within(
    phase,
    signal,
    () => socket.destroy(),
    (resolve, reject) => {
      const onClose = (): void => reject(Object.assign(new Error('closed'), { code: 'CLOSED' }))
      socket.once('error', reject)
      socket.once('close', onClose)
      socket.once(event, () => {
        socket.off('error', reject)
        socket.off('close', onClose)
        resolve(socket)
      })
    },
  )
}

/** Waits for a result, for as long as a phase may take, and gives up at once when aborted. @throws DialError */
async function within<T>(
  phase: DialPhase,
  signal: AbortSignal,
  undo: () => void,
  start: (resolve: (value: T) => void, reject: (cause: unknown) => void) => void,
): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(phaseTimeoutMs)])
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = (): void => reject(Object.assign(new Error('took too long'), { code: 'TIMEOUT' }))
  limit.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) onAbort()
    start(resolve, reject)
    return await promise
  } catch (cause) {
    undo()
    throw new DialError(phase, codeOf(cause), { cause })
  } finally {
    limit.removeEventListener('abort', onAbort)
  }
}

function codeOf(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}
