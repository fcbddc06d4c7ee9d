/**
 * realtime: by WebRTC, well under a second behind, without any reserve · lowest: as near to live as parts allow, catching up after a stall · smoothest: three segments behind, never hurried.
 */
export type LatencyMode = 'realtime' | 'lowest' | 'smoothest'

const key = 'sluice.watch.latency'

/** What was remembered, or the default for anything else. */
export function parseLatencyMode(text: string | null): LatencyMode {
  return text === 'smoothest' || text === 'realtime' ? text : 'lowest'
}

/** What the address asks for (`?mode=realtime`), or else the choice of the last visit. */
export function firstLatencyMode(search: string): LatencyMode {
  const asked = new URLSearchParams(search).get('mode')
  return asked === null ? loadLatencyMode() : parseLatencyMode(asked)
}

/** The choice of the last visit. */
export function loadLatencyMode(): LatencyMode {
  try {
    return parseLatencyMode(localStorage.getItem(key))
  } catch (error) {
    console.warn('The remembered choice of latency cannot be read', error)
    return parseLatencyMode(null)
  }
}

/** Remembers the choice; a browser that forbids storage only loses the memory. */
export function saveLatencyMode(mode: LatencyMode): void {
  try {
    localStorage.setItem(key, mode)
  } catch (error) {
    console.warn('The choice of latency cannot be remembered', error)
  }
}
