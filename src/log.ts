import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export type LogOptions = {
  level: string
  pretty: boolean
  /** Where JSON lines go instead of stdout: for tests. */
  destination?: DestinationStream
}

/** What stands in a log line where a secret was. */
const hidden = '[hidden]'

/**
 * The root logger. One line per state change, with the reason; bindings name the stream.
 * Known secret fields are redacted as a second line of defence: callers pass `redactUrl()` texts in the first place.
 */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    redact: {
      paths: ['key', '*.key', 'token', '*.token', 'url', '*.url', 'authorization', '*.authorization'],
      censor: hidden,
    },
  }
  if (options.destination) return pino(settings, options.destination)
  if (!options.pretty) return pino(settings)
  return pino({
    ...settings,
    transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' } },
  })
}

const mediaUrl = /\b(rtmps?|srt|https?):\/\/[^\s'"]+/gi

/**
 * Replaces every URL in a text by its scheme and host: an RTMP path ends with the stream key,
 * and ffmpeg prints whole URLs in its messages.
 */
export function redactUrls(text: string): string {
  return text.replace(mediaUrl, (url) => redactUrl(url))
}

/** Longest path that is logged: clients choose it. */
const maxPathLength = 200

/**
 * The path of a request as it may be logged: without its query, which may hold anything, and without play tokens
 * (`/hls/~TOKEN/stream`).
 */
export function redactPath(url: string): string {
  const [path = ''] = url.split('?')
  return path.replace(/\/~[^/]*/g, `/~${hidden}`).slice(0, maxPathLength)
}

/** `rtmp://host:1935/app/key` → `rtmp://host:1935/[hidden]`; a text that is no URL is hidden as a whole. */
export function redactUrl(url: string): string {
  const match = /^([a-z]+):\/\/(?:[^/?#]*@)?([^/?#]*)(.*)$/i.exec(url)
  if (!match) return hidden
  const [, scheme, host, rest] = match
  return `${scheme}://${host}${rest ? `/${hidden}` : ''}`
}
