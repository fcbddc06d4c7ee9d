import type { ConnectionEnd } from './connection-end.ts'

/** Ends a connection: says why, in words for the person, and whether it is a matter of the gateway's. */
export class SignalError extends Error {
  readonly end: ConnectionEnd

  constructor(reason: string, code: ConnectionEnd['code'] = null) {
    super(reason)
    this.name = 'SignalError'
    this.end = { reason, code, retry: null }
  }
}
