/** What is known about a push that ended without being asked to. */
export type PushFailure = {
  /** ffmpeg's last lines at level error or worse, without secrets. */
  errorLines: readonly string[]
  /** Whether media had left before. */
  wasLive: boolean
  /** What the judge of exits says: the last resort. */
  exitReason: string
}

/** The liveness check says the same as ffmpeg's own time limit. */
export const unansweredSentence = 'The server did not answer in time.'
export const stalledSentence = 'The server stopped taking data.'

type Rule = { pattern: RegExp; sentence: string; only?: 'live' | 'connecting' }

/** First match wins, so causes stand before their consequences. */
const rules: readonly Rule[] = [
  {
    pattern: /failed to resolve hostname|name or service not known/i,
    sentence: 'The host name was not found.',
  },
  {
    pattern: /connection refused/i,
    sentence: 'The connection was refused: nothing accepts RTMP at this address.',
  },
  {
    pattern: /no route to host|network is unreachable|host is unreachable/i,
    sentence: 'The network does not reach this server.',
  },
  {
    pattern: /already publishing|already exists/i,
    sentence: 'The server refused the stream: somebody else publishes with this key.',
  },
  { pattern: /timed out/i, only: 'connecting', sentence: unansweredSentence },
  { pattern: /timed out/i, only: 'live', sentence: stalledSentence },
  {
    pattern: /certificate|\[tls|pull function|handshake fail/i,
    only: 'connecting',
    sentence: 'The encrypted connection failed: the server may not speak RTMPS at this address.',
  },
  {
    pattern: /rtmp handshake/i,
    only: 'connecting',
    sentence: 'The server closed the connection at once: it may not speak RTMP at this address.',
  },
  {
    pattern: /broken pipe|connection reset|input\/output error|end of file|operation not permitted/i,
    only: 'live',
    sentence: 'The server closed the connection.',
  },
  {
    pattern:
      /input\/output error|operation not permitted|server error|broken pipe|connection reset|end of file/i,
    only: 'connecting',
    sentence: 'The server refused the stream: its key or application may be wrong.',
  },
]

/** Why a push failed, as a sentence for the person who set up the target. */
export function explainFailure(failure: PushFailure): string {
  const phase = failure.wasLive ? 'live' : 'connecting'
  const text = failure.errorLines.join('\n')
  const rule = rules.find(({ pattern, only }) => (only === undefined || only === phase) && pattern.test(text))
  return rule?.sentence ?? `The push ended: ${failure.exitReason}`
}
