import type { TargetErrorClass } from './target-snapshot.ts'

/** What ended an attempt, or kept it from starting. `code` is of the operating system, of TLS, or our own `TIMEOUT`. */
export class DialError extends Error {
  readonly phase: DialPhase
  readonly code: string
  /** Set when it is about rules: the sentence for people. */
  readonly blocked: string | null

  constructor(phase: DialPhase, code: string, options: { cause?: unknown; blocked?: string } = {}) {
    super(`${phase}: ${code}`, { cause: options.cause })
    this.name = 'DialError'
    this.phase = phase
    this.code = code
    this.blocked = options.blocked ?? null
  }
}

export type DialPhase = 'resolving' | 'connecting' | 'securing'

/** What is known about an attempt that ended without being asked to. */
export type FailureFacts = {
  /** How far it came. `publishing`: the connection stands, RTMP goes on · `live`: media had left. */
  phase: DialPhase | 'publishing' | 'live'
  /** Code of the connection's error; `CLOSED` when the server closed it in good order; null when it stood. */
  code: string | null
  /** Bytes that the server said. */
  receivedBytes: number
  /** What we noticed ourselves. */
  silence: 'unanswered' | 'stalled' | null
  /** ffmpeg's last lines at level error or worse, without secrets. */
  errorLines: readonly string[]
  /** What the judge of exits says: the last resort. */
  exitReason: string
  blocked: string | null
}

/** A failure as the API tells it. */
export type Explained = { class: TargetErrorClass; sentence: string }
