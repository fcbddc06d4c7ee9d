import type { TargetConfig } from '../config.ts'

/** Where a target's media goes. `url` is a secret: only ffmpeg gets to see it. */
export type Destination = {
  url: string
  /** Scheme, host and port: what people and logs may see. */
  shown: string
  /** Texts that nobody may see, longest first. */
  secrets: readonly string[]
}

/** Puts a target's URL and key together for a stream. */
export function destinationOf(config: TargetConfig, stream: string): Destination {
  const base = config.url.replaceAll('{stream}', stream)
  const key = config.key.replaceAll('{stream}', stream)
  const url = key === '' ? base : `${base.replace(/\/+$/, '')}/${key.replace(/^\/+/, '')}`
  return { url, shown: shownPart(url), secrets: secretsOf(base, key, stream) }
}

function shownPart(url: string): string {
  const match = /^([a-z]+:\/\/)(?:[^/?#]*@)?([^/?#]*)/i.exec(url)
  return match ? `${match[1]}${match[2]}` : '[hidden]'
}

/**
 * Servers quote parts of what they refuse, so parts are secrets too: the key's name without its query, a query, a
 * password, and the last part of a URL that already ends with its key. The stream's own name is on every page: a key
 * that is nothing else is none.
 */
function secretsOf(base: string, key: string, stream: string): readonly string[] {
  const [beforeQuery = '', ...query] = base.split('?')
  const [, ...rest] = beforeQuery.replace(/^[a-z]+:\/\/[^/]*\/+/i, '').split('/')
  const nameInUrl = key === '' ? rest.at(-1) : undefined
  const password = /\/\/([^/?#]*)@/.exec(base)?.[1]
  const parts = [key, key.split('?')[0], query.join('?'), password, nameInUrl]
  return [...new Set(parts)]
    .flatMap((part) => (part === undefined || part === '' || part === stream ? [] : [part]))
    .sort((a, b) => b.length - a.length)
}

/** The text without the destination's secrets, wherever they stand. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '[hidden]'), text)
}
