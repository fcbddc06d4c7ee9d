/** How a process ended: exactly one of code and signal is set, unless it could not be started (`error`). */
export type ExitFacts = {
  code: number | null
  signal: NodeJS.Signals | null
  /** Set when it could not be started at all. */
  error: Error | null
  /** True when we asked it to stop. */
  asked: boolean
  /** What was wrong with its output, for which it was ended; null when nothing was. */
  outputError: string | null
  /** Its last line of stderr at level error, redacted; null when there was none. */
  lastErrorLine: string | null
}

/** How a process ended, and a sentence for people. `clean`: nothing went wrong. */
export type Exit = ExitFacts & { clean: boolean; reason: string }

/**
 * Judges an end of ffmpeg. It exits 255 after a SIGTERM that it obeyed, and 0 when its input ended or timed out,
 * so a code alone says nothing: whether we asked does.
 */
export function judgeExit(facts: ExitFacts): Exit {
  return { ...facts, clean: facts.asked, reason: describe(facts) }
}

function describe(facts: ExitFacts): string {
  if (facts.asked) return facts.signal === 'SIGKILL' ? 'was killed because it did not stop' : 'was stopped'
  if (facts.error) return `could not be started: ${facts.error.message}`
  if (facts.outputError !== null) return `wrote what can't be read: ${facts.outputError}`
  if (facts.signal) return `was ended by ${facts.signal}`
  if (facts.lastErrorLine) return facts.lastErrorLine
  return facts.code === 0 ? 'ended because its input ended' : `exited with code ${facts.code}`
}
