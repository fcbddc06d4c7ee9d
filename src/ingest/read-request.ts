import { GatewayError } from '../errors.ts'
import { idOf, type Request, requestSchema } from './protocol.ts'

/** A frame that is no request, and the id that its sender gave it. */
export type BadFrame = { id: number | null; error: GatewayError }

/** Reads a frame of the publishing websocket. Whatever is wrong with it is returned, never thrown. Pure. */
export function readRequest(text: string): Request | BadFrame {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    return {
      id: null,
      error: new GatewayError('BAD_REQUEST', 'A frame must hold one JSON object.', { cause }),
    }
  }
  const parsed = requestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'request'}: ${message.slice(0, 200)}`)
  return { id: idOf(json), error: new GatewayError('BAD_REQUEST', problems.join('; ')) }
}
