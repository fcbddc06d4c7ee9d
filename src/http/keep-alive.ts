import type { WebSocket } from 'ws'

/** A client that answered no ping until the next but one is dead. */
const pingEveryMs = 5_000

/** Pings, and cuts a connection that does not answer. @returns the undo. */
export function keepAlive(socket: WebSocket): () => void {
  let missed = 0
  socket.on('pong', () => {
    missed = 0
  })
  const timer = setInterval(() => {
    if (missed >= 2) socket.terminate()
    missed += 1
    socket.ping()
  }, pingEveryMs)
  return () => clearInterval(timer)
}
