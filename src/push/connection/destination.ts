import type { TargetConfig } from '../../config/target-config.ts'

/** Where a target's media goes. All but `shown` are secrets, or hold some. */
export type Destination = {
  /** Name or address, without the brackets of IPv6. */
  host: string
  port: number
  /** RTMPS. */
  secure: boolean
  /** The address holds a user and a password, which pushes can't give. */
  hasLogin: boolean
  /** The server's application, e.g. `live2`. */
  app: string
  /** The stream's name in it: mostly the key. */
  playPath: string
  /** What the push tells the server about its own address. */
  tcUrl: string
  /** Scheme, host and port: what people and logs may see. */
  shown: string
  /** Secret texts, longest first. */
  secrets: readonly string[]
}

/** Puts a target's URL and key together for a stream. Without a key the URL's last part is one. */
export function destinationOf(config: Pick<TargetConfig, 'url' | 'key'>, stream: string): Destination {
  const base = config.url.replaceAll('{stream}', stream)
  const key = config.key.replaceAll('{stream}', stream)
  const { protocol, hostname, port, username, password } = new URL(base)
  const secure = protocol === 'rtmps:'
  const shown = shownPart(base)
  const path = base.replace(/^[a-z]+:\/\/[^/?#]*\/*/i, '').replace(/\/+$/, '')
  const [app, playPath] = key === '' ? atLastSlash(path) : [path, key.replace(/^\/+/, '')]
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 443 : 1935) : Number(port),
    secure,
    hasLogin: username !== '' || password !== '',
    app,
    playPath,
    tcUrl: `${shown}/${app}`,
    shown,
    secrets: secretsOf(base, key, stream),
  }
}

/** `app/instance/name` → `['app/instance', 'name']`; slashes in a query are none. */
function atLastSlash(path: string): [string, string] {
  const query = path.indexOf('?')
  const slash = path.lastIndexOf('/', query < 0 ? undefined : query)
  return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
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
