import type { EncodeConfig } from '../config/sections/encode-config.ts'
import type { StageConfig } from '../config/sections/stage-config.ts'
import { type ProgrammeSettings, programmeFramesPerSecond } from './mixer/encoder-args.ts'

/** What programmes are encoded to. */
export function programmeSettings(stage: StageConfig, encode: EncodeConfig): ProgrammeSettings {
  return {
    width: stage.programmeWidth,
    height: stage.programmeHeight,
    framesPerSecond: programmeFramesPerSecond,
    videoBitrateBps: stage.programmeBitrateBps,
    audioBitrateBps: encode.audioBitrateBps,
    preset: encode.transcodePreset,
  }
}
