import { GatewayError } from '../errors.ts'
import { type StageRequest, stageRequestSchema } from './stage-protocol.ts'

/** A frame that is no request; `id` when it has one, so that its sender can tell which one was wrong. */
export type BadFrame = { id: number | null; error: GatewayError }

/** Reads one text frame of the stage's websocket. */
export function readStageRequest(text: string): StageRequest | BadFrame {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    const error = new GatewayError('BAD_REQUEST', 'A frame must hold one JSON object.', { cause })
    return { id: null, error }
  }
  const parsed = stageRequestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : null
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
  )
  return {
    id: typeof id === 'number' && Number.isInteger(id) ? id : null,
    error: new GatewayError('BAD_REQUEST', problems.join('; ')),
  }
}
