import { GatewayError } from '../errors.ts'
import type { StreamPublication } from './stream-parts.ts'
import type { StreamStatus } from './stream-status.ts'

/** Why a publisher who may not take a stream over can't have it now. */
export function refusal(name: string, status: StreamStatus<StreamPublication>): GatewayError {
  if (status.kind !== 'waiting') {
    return new GatewayError('STREAM_TAKEN', `Another publisher is live on "${name}". Choose another name.`)
  }
  const until = new Date(status.untilMs).toISOString().slice(11, 19)
  const message = `"${name}" waits until ${until} UTC for the publisher whose connection broke. Try again then, or choose another name.`
  return new GatewayError('STREAM_TAKEN', message)
}

export function shuttingDown(): GatewayError {
  return new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
}
