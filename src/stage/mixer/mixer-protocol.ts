import type { ProgrammeSettings } from './encoder-args.ts'
import type { InputSpec } from './input.ts'
import type { MixerStats } from './mixer.ts'
import type { Scene } from './scene.ts'

/** What the mixer's thread begins with. */
export type MixerThreadData = { ffmpegBinary: string; settings: ProgrammeSettings; logLevel: string }

export type ToMixer =
  | { type: 'add'; input: InputSpec }
  | { type: 'remove'; id: string }
  | { type: 'fed'; id: string; fed: boolean }
  | { type: 'scene'; scene: Scene }
  | { type: 'close' }

export type FromMixer =
  /** `startedAtMs`: ms since 1970 at which the programme's time is 0. */
  | { type: 'begun'; startedAtMs: number }
  | { type: 'packet'; kind: 'video' | 'audio'; timeMs: number; keyframe: boolean; bytes: Uint8Array }
  | { type: 'input-started'; id: string; pid: number }
  | { type: 'stats'; stats: MixerStats }
