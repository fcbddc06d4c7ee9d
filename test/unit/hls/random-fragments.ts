import type { Epoch } from '../../../src/feed/epoch.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { randomOf } from '../../support/random-of.ts'
import { makeEpoch, makeFragment } from './make-fragments.ts'

/** What a publisher might do to us: any keyframe cadence, lost media, frozen media, uneven fragments, new runs. */
export function randomFragments(seed: number, count: number): Fragment[] {
  const random = randomOf(seed)
  const chance = (probability: number) => random() < probability
  const keyframeChance = [0, 0.02, 0.1, 0.5][Math.floor(random() * 4)] ?? 0
  const cadence = [5, 10, 11, 25, 50][Math.floor(random() * 5)] ?? 10
  const trouble = chance(0.7) ? 0.02 : 0
  const fragments: Fragment[] = []
  let runs = 0
  let epoch: Epoch = makeEpoch(`seed${seed}-${runs}`)
  let startSeconds = 0
  let sinceKeyframe = 0
  for (let index = 0; index < count; index += 1) {
    if (chance(trouble)) {
      runs += 1
      epoch = makeEpoch(`seed${seed}-${runs}`, { video: chance(0.8) })
      startSeconds = random() * 2
      sinceKeyframe = cadence
    }
    if (chance(trouble)) startSeconds += (random() - 0.3) * 10
    if (chance(0.1)) startSeconds += (random() - 0.5) * 0.1
    const durationSeconds = chance(trouble) ? random() * 12 : chance(0.2) ? random() * 0.3 : 0.2
    const keyframe = epoch.renditions.length === 0 || sinceKeyframe >= cadence || chance(keyframeChance)
    sinceKeyframe = keyframe ? 1 : sinceKeyframe + 1
    fragments.push(
      makeFragment({
        epoch,
        startSeconds: Math.max(0, startSeconds),
        durationSeconds,
        keyframe,
        fileBytes: Math.floor(random() * 3000),
        number: index,
      }),
    )
    startSeconds = Math.max(0, startSeconds) + durationSeconds
  }
  return fragments
}
