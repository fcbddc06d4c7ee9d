import { type BackoffRule, backoffMs } from '../backoff.ts'
import type { TargetErrorClass } from './target-snapshot.ts'

/** At the most this long after a server is back, media is, too. An attempt costs one packet. */
const usual: BackoffRule = { firstMs: 1_000, maxMs: 15_000, jitter: 0.3 }
/** Platforms lock out who knocks with a wrong key again and again. It may still be right later: an event that begins. */
const patient: BackoffRule = { firstMs: 30_000, maxMs: 300_000, jitter: 0.2 }
/** A key that just was right: the server may not have noticed the end of the last push, or be starting. */
const benefitOfDoubt = 3

/** Classes that a retry alone does not mend: a person has to change something, here or at the platform. */
export function needsPerson(errorClass: TargetErrorClass): boolean {
  return errorClass === 'rejected' || errorClass === 'blocked' || errorClass === 'tls'
}

/**
 * How long to wait before the next attempt, in ms.
 * @param failures in a row, this one included.
 * @param wasLive media went to the same place with the same key before, in this broadcast.
 * @param random a number in [0, 1)
 */
export function retryDelayMs(
  errorClass: TargetErrorClass,
  failures: number,
  wasLive: boolean,
  random: number,
): number {
  if (!needsPerson(errorClass) || (wasLive && failures <= benefitOfDoubt))
    return backoffMs(usual, failures, random)
  return backoffMs(patient, wasLive ? failures - benefitOfDoubt : failures, random)
}
