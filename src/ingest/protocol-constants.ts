/** Version of the publishing protocol (`protocol.ts`); a client that sends another one is refused. */
export const protocolVersion = 1

/** Close codes of the publishing websocket that are our own (RFC 6455 section 7.4.2: 4000-4999). */
export const closeCodes = { ended: 4000, badFrames: 4001, idle: 4002 } as const
