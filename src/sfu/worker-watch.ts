/** How often a worker is asked for a sign of life. */
export const askEveryMs = 3_000
/** Questions in a row that may go without an answer. A worker that is only busy answers within milliseconds. */
const mostUnanswered = 3

/** What a media worker has to be able to do to be watched. */
export type Answering = { getResourceUsage(): Promise<unknown> }

/**
 * Notices a worker whose process is there but does nothing any more (stopped, or in an endless loop): nothing else
 * would, because its pid and its sockets stay.
 * @param onHung called once, about 12 s after the last answer.
 * @param clock a monotonic one, in ms.
 * @returns the undo.
 */
export function watchWorker(
  worker: Answering,
  onHung: () => void,
  clock: () => number = () => performance.now(),
): () => void {
  let unanswered = 0
  let askedAtMs = clock()
  const timer = setInterval(() => {
    const nowMs = clock()
    // This process itself stood still: an answer may wait to be read.
    const stoodStill = nowMs - askedAtMs > askEveryMs * 1.5
    askedAtMs = nowMs
    if (stoodStill) unanswered = 0
    if (unanswered >= mostUnanswered) {
      clearInterval(timer)
      onHung()
      return
    }
    unanswered += 1
    worker.getResourceUsage().then(
      () => {
        unanswered = 0
      },
      // It died or was closed, which the pool knows from its events.
      () => clearInterval(timer),
    )
  }, askEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}
