import type { Notice, Reply } from '../../../../src/ingest/protocol.ts'

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isReply(value: Record<string, unknown>): value is Record<string, unknown> & Reply {
  if (typeof value.id !== 'number' && value.id !== null) return false
  return value.ok === true ? isRecord(value.data) : value.ok === false && isRecord(value.error)
}

function isNotice(value: Record<string, unknown>): value is Record<string, unknown> & Notice {
  if (value.type === 'status') return isRecord(value.stream)
  if (value.type === 'warning') return isRecord(value.error)
  return value.type === 'ended' && isRecord(value.error) && typeof value.retry === 'boolean'
}

/** Reads a frame of the publishing websocket; null for one that this page does not know. */
export function readFrame(text: string): { reply: Reply } | { notice: Notice } | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Unknown like any other: the caller reports those.
    return null
  }
  if (!isRecord(value)) return null
  if ('id' in value) return isReply(value) ? { reply: value } : null
  return isNotice(value) ? { notice: value } : null
}
