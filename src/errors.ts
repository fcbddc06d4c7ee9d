/** Whose fault an error is: it decides the status, the log level and whether its text is shown. */
export type Fault = 'client' | 'destination' | 'ours'

/**
 * Every error that Sluice raises on purpose: code → HTTP status and fault.
 * `docs` of the API and the websocket protocol refer to these codes, so they never change their meaning.
 */
export const errorCodes = {
  BAD_REQUEST: { status: 400, fault: 'client' },
  BAD_STREAM_NAME: { status: 400, fault: 'client' },
  UNAUTHENTICATED: { status: 401, fault: 'client' },
  FORBIDDEN: { status: 403, fault: 'client' },
  FORBIDDEN_ORIGIN: { status: 403, fault: 'client' },
  UNKNOWN_HOST: { status: 421, fault: 'client' },
  NOT_FOUND: { status: 404, fault: 'client' },
  STREAM_NOT_FOUND: { status: 404, fault: 'client' },
  STREAM_TAKEN: { status: 409, fault: 'client' },
  CONNECTION_LOST: { status: 409, fault: 'client' },
  WRONG_STATE: { status: 409, fault: 'client' },
  UNSUPPORTED_MEDIA: { status: 422, fault: 'client' },
  UNSUPPORTED_PROTOCOL: { status: 400, fault: 'client' },
  BITRATE_TOO_HIGH: { status: 422, fault: 'client' },
  TOO_LARGE: { status: 413, fault: 'client' },
  UNSUPPORTED_TYPE: { status: 415, fault: 'client' },
  METHOD_NOT_ALLOWED: { status: 405, fault: 'client' },
  NO_COMMON_CODEC: { status: 406, fault: 'client' },
  NOT_LIVE: { status: 409, fault: 'client' },
  STALE_ICE_SESSION: { status: 412, fault: 'client' },
  ICE_SESSION_NOT_NAMED: { status: 428, fault: 'client' },
  TOO_MANY_REQUESTS: { status: 429, fault: 'client' },
  TOO_MANY_STREAMS: { status: 503, fault: 'ours' },
  TOO_LITTLE_MEMORY: { status: 503, fault: 'ours' },
  TOO_MANY_TRANSCODES: { status: 503, fault: 'ours' },
  NO_FREE_PORTS: { status: 503, fault: 'ours' },
  WORKER_DIED: { status: 503, fault: 'ours' },
  SHUTTING_DOWN: { status: 503, fault: 'ours' },
  NO_NEW_MEDIA: { status: 503, fault: 'ours' },
  TOO_MANY_VIEWERS: { status: 503, fault: 'ours' },
  REMOVED: { status: 403, fault: 'client' },
  STAGE_NOT_FOUND: { status: 404, fault: 'client' },
  STAGE_LOCKED: { status: 403, fault: 'client' },
  NOT_INVITED: { status: 403, fault: 'client' },
  NOT_A_HOST: { status: 403, fault: 'client' },
  TOO_MANY_PEOPLE: { status: 429, fault: 'client' },
  STALE_STAGE: { status: 412, fault: 'client' },
  GATEWAY_BUSY: { status: 503, fault: 'ours' },
  NAME_TAKEN: { status: 409, fault: 'client' },
  TOO_MANY_ENTRIES: { status: 429, fault: 'client' },
  TARGET_NOT_FOUND: { status: 404, fault: 'client' },
  TARGET_TAKEN: { status: 409, fault: 'client' },
  TARGET_FIXED: { status: 409, fault: 'client' },
  TARGET_BLOCKED: { status: 403, fault: 'client' },
  TOO_MANY_TARGETS: { status: 429, fault: 'client' },
  TARGET_FAILED: { status: 502, fault: 'destination' },
  STATE_FAILED: { status: 500, fault: 'ours' },
  FFMPEG_FAILED: { status: 500, fault: 'ours' },
  INTERNAL: { status: 500, fault: 'ours' },
} as const satisfies Record<string, { status: number; fault: Fault }>

export type ErrorCode = keyof typeof errorCodes

/**
 * An error with a code from the table. The message is written for the person who sees it;
 * `cause` keeps what is only for the log.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'GatewayError'
    this.code = code
  }

  get status(): number {
    return errorCodes[this.code].status
  }

  get fault(): Fault {
    return errorCodes[this.code].fault
  }
}

/** What both translators (HTTP and websocket) send for an error. */
export type ErrorShape = { code: ErrorCode; message: string }

/**
 * The error as the outside may see it: unknown errors become INTERNAL and lose their text,
 * which could hold paths or keys.
 */
export function toErrorShape(error: unknown): ErrorShape {
  if (error instanceof GatewayError) return { code: error.code, message: error.message }
  return { code: 'INTERNAL', message: 'Something went wrong inside the gateway. Its log says more.' }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
