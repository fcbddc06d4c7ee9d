/**
 * Says what set-up does. A set-up that has nothing to do prints one line in all.
 * @typedef {object} Report
 * @property {(step: string, text: string) => void} doing work that takes time, or progress of it
 * @property {(step: string, text: string) => void} note worth knowing, but not work
 * @property {() => void} finish the closing line
 */

/**
 * @param {(line: string) => void} [print]
 * @param {() => number} [nowMs]
 * @returns {Report}
 */
export function createReport(print = (line) => console.log(line), nowMs = Date.now) {
  const startMs = nowMs()
  let worked = false
  /** @param {string} step @param {string} text */
  const line = (step, text) => print(`${step.padEnd(8)} ${text}`)
  return {
    doing(step, text) {
      worked = true
      line(step, text)
    },
    note: line,
    finish() {
      const seconds = (nowMs() - startMs) / 1000
      print(
        worked ? `Set-up took ${Math.round(seconds)} s` : `Set-up: nothing to do (${seconds.toFixed(1)} s)`,
      )
    },
  }
}
