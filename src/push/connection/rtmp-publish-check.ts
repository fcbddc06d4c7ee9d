import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'

/** Where a push goes: the parts that its server knows, too. */
export type PushAddress = {
  /** Name or address of the server. */
  host: string
  app: string
  /** Name of the stream in it, mostly the key; a query behind it is left out of the comparison. */
  playPath: string
}

/** What an RTMP server wants to know before it takes a stream. */
export type PublishQuestion = {
  app: string
  name: string
  /** Address of the publisher, as the server sees it. */
  publisherAddress: string
  /** Address of the server that asks. */
  askedFrom: string
}

export type PublishCheckFacts = {
  question: PublishQuestion
  /** Addresses of this machine. */
  ownAddresses: readonly string[]
  /** Pushes that are connecting at this moment, with the addresses of their servers. */
  connecting: readonly (PushAddress & { serverAddresses: readonly string[] })[]
}

/**
 * Whether a stream that comes to an RTMP server is a push of this gateway: it comes from this machine, a push is just
 * connecting to that name, and the one who asks is the server that this push goes to. So nobody else can ask which
 * names, and so keys, exist.
 */
export function judgePublish({ question, ownAddresses, connecting }: PublishCheckFacts): boolean {
  if (!ownAddresses.map(plain).includes(plain(question.publisherAddress))) return false
  return connecting.some(
    (push) => names(push, question) && push.serverAddresses.map(plain).includes(plain(question.askedFrom)),
  )
}

/** The same with addresses looked up. A server whose name is not found asks nothing. */
export async function allowsPublish(
  question: PublishQuestion,
  pushes: Iterable<PushAddress>,
): Promise<boolean> {
  const ownAddresses = Object.values(networkInterfaces()).flatMap(
    (faces) => faces?.map(({ address }) => address) ?? [],
  )
  const candidates = [...pushes].filter((push) => names(push, question))
  const connecting = await Promise.all(
    candidates.map(async (push) => ({ ...push, serverAddresses: await addressesOf(push.host) })),
  )
  return judgePublish({ question, ownAddresses, connecting })
}

function names(push: PushAddress, question: PublishQuestion): boolean {
  return push.app === question.app && push.playPath.split('?')[0] === question.name
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch {
    // Not found: the push fails for the same reason, and says so.
    return []
  }
}

/** IPv4 in IPv6 (RFC 4291 section 2.5.5.2) as IPv4. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
