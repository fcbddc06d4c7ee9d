import { describe, expect, test } from 'vitest'
import { explainFailure } from '../../../src/push/explain.ts'
import type { FailureFacts } from '../../../src/push/failure.ts'

const nothing: FailureFacts = {
  phase: 'publishing',
  code: null,
  receivedBytes: 0,
  silence: null,
  errorLines: [],
  exitReason: 'exited with code 1',
  blocked: null,
}
/** S0, S1, S2 and an answer to `connect`. */
const spoke = 3_500
const ioError = ['[error] rtmp://127.0.0.1:1/[hidden] Input/output error']
const taken = ['[rtmp @ 0x5] [error] Server error: Already publishing', ...ioError]

const cases: ReadonlyArray<[string, Partial<FailureFacts>, string, RegExp]> = [
  ['an unknown name', { phase: 'resolving', code: 'ENOTFOUND' }, 'name-not-found', /^The host name was not/],
  ['a name server that fails', { phase: 'resolving', code: 'EAI_AGAIN' }, 'name-not-found', /^The host name/],
  ['a name server that is silent', { phase: 'resolving', code: 'TIMEOUT' }, 'name-not-found', /in time/],
  ['a closed port', { phase: 'connecting', code: 'ECONNREFUSED' }, 'refused', /^The connection was refused/],
  ['no route', { phase: 'connecting', code: 'EHOSTUNREACH' }, 'unreachable', /does not reach/],
  ['no IPv6', { phase: 'connecting', code: 'ENETUNREACH' }, 'unreachable', /does not reach/],
  ['a black hole', { phase: 'connecting', code: 'TIMEOUT' }, 'unanswered', /did not answer/],
  ['the kernel giving up', { phase: 'connecting', code: 'ETIMEDOUT' }, 'unanswered', /did not answer/],
  ['a silent server', { silence: 'unanswered' }, 'unanswered', /did not answer/],
  ['a server that is silent in TLS', { phase: 'securing', code: 'TIMEOUT' }, 'unanswered', /did not answer/],
  [
    'a certificate of nobody',
    { phase: 'securing', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    'tls',
    /certificate/,
  ],
  ['an old certificate', { phase: 'securing', code: 'CERT_HAS_EXPIRED' }, 'tls', /certificate/],
  [
    'a name that is another',
    { phase: 'securing', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    'tls',
    /certificate/,
  ],
  ['no TLS', { phase: 'securing', code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'tls', /may not speak RTMPS/],
  ['a server that hangs up in TLS', { phase: 'securing', code: 'ECONNRESET' }, 'tls', /may not speak RTMPS/],
  ['no RTMP', { code: 'CLOSED', receivedBytes: 7 }, 'refused', /may not speak RTMP at/],
  ['no RTMP, rudely', { code: 'ECONNRESET' }, 'refused', /may not speak RTMP at/],
  ['a key in use', { errorLines: taken, receivedBytes: spoke }, 'busy', /another client publishes/],
  [
    'a key in use, and the end',
    { code: 'CLOSED', errorLines: taken, receivedBytes: spoke },
    'busy',
    /another client/,
  ],
  ['a refused key', { code: 'CLOSED', receivedBytes: spoke }, 'rejected', /key or application/],
  [
    'a refused key, told',
    { errorLines: ['[error] Server error: no'], receivedBytes: spoke },
    'rejected',
    /key/,
  ],
  [
    'a lost connection',
    { phase: 'live', code: 'ECONNRESET', receivedBytes: spoke },
    'reset',
    /closed the conn/,
  ],
  [
    'an end in good order',
    { phase: 'live', code: 'CLOSED', receivedBytes: spoke },
    'reset',
    /closed the conn/,
  ],
  [
    'a wedged server',
    { phase: 'live', silence: 'stalled', receivedBytes: spoke },
    'stalled',
    /stopped taking/,
  ],
  ['a dead network', { phase: 'live', code: 'ETIMEDOUT', receivedBytes: spoke }, 'stalled', /stopped taking/],
  ['our rules', { phase: 'resolving', code: 'BLOCKED', blocked: 'No.' }, 'blocked', /^No\.$/],
  ['anything else', { phase: 'live', errorLines: ['[error] codec'] }, 'other', /: exited with code 1$/],
]

describe('explainFailure', () => {
  test.each(cases)('%s', (_what, facts, errorClass, says) => {
    const explained = explainFailure({ ...nothing, ...facts })
    expect(explained.class).toBe(errorClass)
    expect(explained.sentence).toMatch(says)
  })
})
