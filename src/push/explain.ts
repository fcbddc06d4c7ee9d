import type { Explained, FailureFacts } from './failure.ts'

/** RTMP 1.0 section 5.2: C0/S0 and C1/S1 are 1 and 1536 bytes. A server that said less does not speak RTMP. */
const handshakeBytes = 1 + 1536

type Rule = Explained & { when: (facts: FailureFacts) => boolean }

const codeIs = (pattern: RegExp) => (facts: FailureFacts) => pattern.test(facts.code ?? '')
const ffmpegSaid = (facts: FailureFacts, pattern: RegExp) => pattern.test(facts.errorLines.join('\n'))
const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|INVALID_CA)/

/** First match wins, so causes stand before their consequences. */
const rules: readonly Rule[] = [
  {
    class: 'name-not-found',
    sentence: 'The host name was not found.',
    when: ({ phase, code }) => phase === 'resolving' && code !== 'TIMEOUT',
  },
  {
    class: 'name-not-found',
    sentence: 'No name server answered in time for this host.',
    when: ({ phase }) => phase === 'resolving',
  },
  {
    class: 'refused',
    sentence: 'The connection was refused: nothing accepts RTMP at this address.',
    when: codeIs(/^ECONNREFUSED$/),
  },
  {
    class: 'unreachable',
    sentence: 'The network does not reach this server.',
    when: codeIs(/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN)$/),
  },
  {
    class: 'tls',
    sentence: "The server's certificate is not valid for this address, so the key was not sent.",
    when: codeIs(certificateCodes),
  },
  {
    class: 'unanswered',
    sentence: 'The server did not answer in time.',
    when: ({ phase, code, silence }) =>
      silence === 'unanswered' || (phase !== 'live' && (code === 'TIMEOUT' || code === 'ETIMEDOUT')),
  },
  {
    class: 'tls',
    sentence: 'The encrypted connection failed: the server may not speak RTMPS at this address.',
    when: ({ phase }) => phase === 'securing',
  },
  {
    class: 'stalled',
    sentence: 'The server stopped taking data.',
    when: ({ silence, code }) => silence === 'stalled' || code === 'ETIMEDOUT',
  },
  {
    class: 'busy',
    sentence: 'The server refused the stream: another client publishes with this key.',
    when: (facts) => ffmpegSaid(facts, /already publishing|already exists|streambusy|stream busy/i),
  },
  {
    class: 'rejected',
    sentence: 'The server asks for a user name and a password, which Sluice can not send.',
    // What ffmpeg says when the server's answer holds `authmod=`, of Adobe's or Limelight's way to log in.
    when: (facts) => ffmpegSaid(facts, /no credentials set|authmod=/i),
  },
  {
    class: 'refused',
    sentence: 'The server closed the connection at once: it may not speak RTMP at this address.',
    when: ({ phase, code, receivedBytes }) =>
      phase !== 'live' && code !== null && receivedBytes < handshakeBytes,
  },
  {
    class: 'rejected',
    sentence: 'The server refused the stream: its key or application may be wrong.',
    when: (facts) =>
      facts.phase === 'publishing' &&
      (facts.code !== null || ffmpegSaid(facts, /server error|input\/output error/i)),
  },
  {
    class: 'reset',
    sentence: 'The server closed the connection.',
    when: ({ phase, code }) => phase === 'live' && code !== null,
  },
]

/** Why a push failed: its class, and a sentence for the person who set up the target. */
export function explainFailure(facts: FailureFacts): Explained {
  if (facts.blocked !== null) return { class: 'blocked', sentence: facts.blocked }
  const rule = rules.find(({ when }) => when(facts))
  if (rule) return { class: rule.class, sentence: rule.sentence }
  return { class: 'other', sentence: `The push ended: ${facts.exitReason}` }
}
