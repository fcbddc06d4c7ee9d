import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { FastifyInstance } from 'fastify'

/** A client that takes nothing of its answer for this long is gone, or wants to tie up memory. */
export const stalledMs = 30_000

/**
 * Ends answers that make no progress, because each keeps its segment in memory. Requests that wait for media have not
 * been answered, and may wait longer: `BlockedRequests` listens for the timeout of HTTP/1, and in HTTP/2 their headers are not sent.
 */
export function endStalledAnswers(server: FastifyInstance, afterMs: number): void {
  const { server: listener } = server
  // HTTP/1, also beside HTTP/2: Node destroys a socket that is inactive, and counts bytes that the kernel takes as activity.
  listener.timeout = afterMs
  listener.on('stream', (stream: ServerHttp2Stream) => {
    stream.setTimeout(afterMs, () => {
      if (stream.headersSent && !stream.writableFinished) stream.close(constants.NGHTTP2_CANCEL)
    })
  })
  // The end of a stream does not reach a client that reads nothing at all.
  listener.on('session', (session: Http2Session) => session.on('timeout', () => session.destroy()))
}
