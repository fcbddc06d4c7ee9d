import { bitratesBps, isResolutionName, type ResolutionName } from './presets.ts'

/** What the publish page remembers from visit to visit. A device id is '' for the browser's own choice. */
export type Settings = {
  camera: boolean
  cameraId: string
  microphone: boolean
  microphoneId: string
  resolution: ResolutionName
  /** null: what suits the picture size. */
  bitrateBps: number | null
}

export const defaultSettings: Settings = {
  camera: true,
  cameraId: '',
  microphone: true,
  microphoneId: '',
  resolution: '720p',
  bitrateBps: null,
}

/** Settings from what was stored; a field that is missing, damaged or from another version gets its default. */
export function parseSettings(value: unknown): Settings {
  const stored: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {}
  const flag = (key: string, fallback: boolean): boolean => {
    const value = stored[key]
    return typeof value === 'boolean' ? value : fallback
  }
  const id = (key: string): string => {
    const value = stored[key]
    return typeof value === 'string' ? value : ''
  }
  const bitrate = bitratesBps.find((bps) => bps === stored.bitrateBps)
  return {
    camera: flag('camera', defaultSettings.camera),
    cameraId: id('cameraId'),
    microphone: flag('microphone', defaultSettings.microphone),
    microphoneId: id('microphoneId'),
    resolution: isResolutionName(stored.resolution) ? stored.resolution : defaultSettings.resolution,
    bitrateBps: bitrate ?? null,
  }
}
