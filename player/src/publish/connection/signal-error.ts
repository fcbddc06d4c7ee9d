import type { SessionEnd } from './session-end.ts'

/** Ends a session: says why, in words for the person, and whether it is a matter of the gateway's. */
export class SignalError extends Error {
  readonly end: SessionEnd

  constructor(reason: string, code: SessionEnd['code'] = null) {
    super(reason)
    this.name = 'SignalError'
    this.end = { reason, code, retry: null }
  }
}
