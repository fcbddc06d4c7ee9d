import { describe, expect, test } from 'vitest'
import { explainFailure } from '../../../src/restream/explain.ts'

const cases = [
  {
    what: 'refused',
    errorLines: [
      '[tcp @ 0x5] [error] Connection to tcp://127.0.0.1:1?tcp_nodelay=0 failed: Connection refused',
      '[rtmp @ 0x5] [error] Cannot open connection tcp://127.0.0.1:1?tcp_nodelay=0',
      '[error] rtmp://127.0.0.1:1/[hidden] Connection refused',
    ],
    says: /^The connection was refused/,
  },
  {
    what: 'unknown name',
    errorLines: [
      '[tcp @ 0x5] [error] Failed to resolve hostname nosuch.invalid: Name or service not known',
      '[rtmp @ 0x5] [error] Cannot open connection tcp://nosuch.invalid:1935?tcp_nodelay=0',
      '[error] rtmp://nosuch.invalid/[hidden] Input/output error',
    ],
    says: /^The host name was not found/,
  },
  {
    what: 'silence after the connection',
    errorLines: [
      '[rtmp @ 0x5] [error] Cannot read RTMP handshake response',
      '[error] rtmp://127.0.0.1:1/[hidden] Connection timed out',
    ],
    says: /^The server did not answer in time/,
  },
  {
    what: 'silence in TLS',
    errorLines: [
      '[tls @ 0x5] [error] Error in the pull function.',
      '[tls @ 0x5] [error] IO error: Connection timed out',
      '[rtmps @ 0x5] [error] Cannot open connection tls://127.0.0.1:1',
      '[error] rtmps://127.0.0.1:1/[hidden] Connection timed out',
    ],
    says: /^The server did not answer in time/,
  },
  {
    what: 'no TLS',
    errorLines: [
      '[tls @ 0x5] [error] An unexpected TLS packet was received.',
      '[error] rtmps://127.0.0.1:1/[hidden] Input/output error',
    ],
    says: /^The encrypted connection failed/,
  },
  {
    what: 'no RTMP',
    errorLines: [
      '[rtmp @ 0x5] [error] Cannot read RTMP handshake response',
      '[error] rtmp://127.0.0.1:1/[hidden] End of file',
    ],
    says: /may not speak RTMP/,
  },
  {
    what: 'taken',
    errorLines: [
      '[rtmp @ 0x5] [error] Server error: Already publishing',
      '[error] rtmp://127.0.0.1:1/[hidden] Operation not permitted',
    ],
    says: /somebody else publishes with this key/,
  },
  {
    what: 'publish rejected',
    errorLines: ['[error] rtmp://127.0.0.1:1/[hidden] Input/output error'],
    says: /^The server refused the stream/,
  },
  {
    what: 'connection lost',
    wasLive: true,
    errorLines: ['[error] av_interleaved_write_frame(): Broken pipe'],
    says: /^The server closed the connection/,
  },
  {
    what: 'wedged',
    wasLive: true,
    errorLines: ['[error] av_interleaved_write_frame(): Connection timed out'],
    says: /^The server stopped taking data/,
  },
  {
    what: 'anything else',
    errorLines: ['[flv @ 0x5] [error] Video codec vp8 not compatible with flv'],
    says: /^The push ended: exited with code 1$/,
  },
  { what: 'no lines', errorLines: [], says: /^The push ended: exited with code 1$/ },
]

describe('explainFailure', () => {
  test.each(cases)('$what', ({ errorLines, wasLive = false, says }) => {
    expect(explainFailure({ errorLines, wasLive, exitReason: 'exited with code 1' })).toMatch(says)
  })
})
