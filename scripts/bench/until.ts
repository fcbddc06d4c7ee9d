import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks again and again until the answer is yes: for what another process does, which sends us no event.
 * @throws Error when it takes too long.
 */
export async function until(
  what: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`it took more than ${timeoutMs / 1_000} s until ${what}`)
    await delay(everyMs)
  }
}
