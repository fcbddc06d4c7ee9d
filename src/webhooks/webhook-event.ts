/** What webhooks can be sent. */
export const webhookEventTypes = [
  'stream.live',
  'stream.interrupted',
  'stream.ended',
  'target.live',
  'target.failed',
  'publisher.refused',
] as const
export type WebhookEventType = (typeof webhookEventTypes)[number]

/** Something that happened on a stream. */
export type WebhookEvent = {
  type: WebhookEventType
  stream: string
  /** ISO time. */
  at: string
  /** More about it, without secrets. */
  facts: Readonly<Record<string, string | boolean | null>>
}

/** @returns the body of a message (Standard Webhooks, "Payload structure"): it is signed as this text. */
export function webhookBody({ type, stream, at, facts }: WebhookEvent, sequence: number): string {
  return JSON.stringify({ type, timestamp: at, data: { stream, sequence, ...facts } })
}
