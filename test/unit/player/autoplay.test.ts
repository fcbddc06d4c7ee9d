import { expect, test } from 'vitest'
import {
  type AutoplayFacts,
  autoplayStep,
  maxRestarts,
  settledMs,
} from '../../../player/src/watch/autoplay/autoplay-step.ts'
import { isMoving, type MotionFacts } from '../../../player/src/watch/autoplay/is-moving.ts'

const playing: AutoplayFacts = {
  paused: false,
  muted: false,
  pausedByPerson: false,
  mutedByPage: false,
  hidden: false,
  personActive: false,
  movedMs: 0,
  restarts: 0,
}
const paused = { paused: true, muted: true, mutedByPage: true }

test.each<[string, Partial<AutoplayFacts>, string]>([
  ['plays with sound', {}, 'leave'],
  ['plays muted', { muted: true, mutedByPage: true }, 'leave'],
  ['was unmuted by the browser', { mutedByPage: true }, 'mute'],
  ['was unmuted by the browser, later', { mutedByPage: true, movedMs: settledMs }, 'mute'],
  ['was unmuted in the browser’s menu', { mutedByPage: true, personActive: true }, 'leave'],
  ['was paused by the browser', paused, 'restart'],
  ['was paused and unmuted by the browser', { ...paused, muted: false }, 'restart'],
  ['was paused and unmuted, later', { ...paused, muted: false, movedMs: settledMs }, 'restart'],
  ['was paused again', { ...paused, restarts: maxRestarts - 1 }, 'restart'],
  ['was paused after every start', { ...paused, restarts: maxRestarts }, 'offerPlay'],
  ['was paused after it had played well', { ...paused, movedMs: settledMs }, 'offerPlay'],
  ['was paused by the person', { ...paused, pausedByPerson: true }, 'leave'],
  ['was paused by the person, and unmuted', { ...paused, muted: false, pausedByPerson: true }, 'leave'],
  ['was paused in a hidden tab', { ...paused, hidden: true, movedMs: settledMs }, 'leave'],
])('a video that %s', (_, facts, step) => {
  expect(autoplayStep({ ...playing, ...facts })).toBe(step)
})

const moving: MotionFacts = { paused: false, progressed: true, sinceProgressMs: 250, sinceFrameMs: 40 }

test.each<[string, Partial<MotionFacts>, boolean]>([
  ['frames and time go on', {}, true],
  ['sound only', { sinceFrameMs: null }, true],
  ['a shared screen on which nothing happens', { sinceFrameMs: 1100 }, true],
  ['time goes on without frames', { sinceFrameMs: 3000 }, false],
  ['time stands still', { sinceProgressMs: 1000 }, false],
  ['nothing has moved since the start', { progressed: false, sinceProgressMs: 0 }, false],
  ['paused a moment ago', { paused: true }, false],
])('moving pictures: %s', (_, facts, result) => {
  expect(isMoving({ ...moving, ...facts })).toBe(result)
})
