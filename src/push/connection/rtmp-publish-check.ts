import { lookup } from 'node:dns/promises'
import { ownAddresses, withoutMapping } from './own-addresses.ts'

/** Where a push goes: the parts that its server knows, too. */
export type PushAddress = {
  /** Name or address of the server. */
  host: string
  app: string
  /** Name of the stream in it, mostly the key; a query behind it is left out of the comparison. */
  playPath: string
  /** The stream that is pushed. */
  stream: string
  /** The operator wrote the target into the configuration. */
  trusted: boolean
}

/** What an RTMP server asks before it accepts a stream. */
export type PublishQuestion = {
  app: string
  name: string
  /** Address of the publisher, as the server sees it. */
  publisherAddress: string
  /** Address of the server that asks, as the connection shows it: no header can claim another. */
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
 * connecting to that name, and the one who asks is the server that this push goes to. So no other client can ask which
 * names, and so keys, exist. A target that an API user added publishes under its own stream's name only, so that no user
 * takes the place of another's stream.
 */
export function judgePublish({ question, ownAddresses, connecting }: PublishCheckFacts): boolean {
  if (!ownAddresses.map(withoutMapping).includes(withoutMapping(question.publisherAddress))) return false
  return connecting.some(
    (push) =>
      names(push, question) &&
      (push.trusted || question.name === push.stream) &&
      push.serverAddresses.map(withoutMapping).includes(withoutMapping(question.askedFrom)),
  )
}

/** The same with addresses looked up. A server whose name is not found asks nothing. */
export async function allowsPublish(
  question: PublishQuestion,
  pushes: Iterable<PushAddress>,
): Promise<boolean> {
  const candidates = [...pushes].filter((push) => names(push, question))
  const connecting = await Promise.all(
    candidates.map(async (push) => ({ ...push, serverAddresses: await addressesOf(push.host) })),
  )
  return judgePublish({ question, ownAddresses: ownAddresses(), connecting })
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
