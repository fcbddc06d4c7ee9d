/** How a retry delay grows: doubling from `firstMs` to `maxMs`, shortened at random by up to `jitter` (0…1). */
export type BackoffRule = { firstMs: number; maxMs: number; jitter: number }

/**
 * Delay before retry number `failures` (1 = after the first failure), in ms.
 * The jitter keeps many retries from hitting a target that comes back at the same instant.
 * @param random a number in [0, 1), given by the caller so that this stays pure.
 */
export function backoffMs(rule: BackoffRule, failures: number, random: number): number {
  const fullMs = Math.min(rule.maxMs, rule.firstMs * 2 ** Math.max(0, failures - 1))
  return Math.round(fullMs * (1 - rule.jitter * random))
}
