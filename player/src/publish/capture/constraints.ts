import { type ResolutionName, resolutions } from './presets.ts'

const framesPerSecond = 30

/**
 * What is asked of a camera. Everything is only "ideal": a camera that cannot do it still gives a picture, and
 * a remembered camera that is gone gives way to another.
 */
export function cameraConstraints(deviceId: string, resolution: ResolutionName): MediaTrackConstraints {
  const { width, height } = resolutions[resolution]
  return {
    ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: framesPerSecond, max: framesPerSecond },
  }
}

/** What is asked of a microphone; the browser's echo and noise treatment stays on, it is made for voices. */
export function microphoneConstraints(deviceId: string): MediaTrackConstraints {
  return deviceId ? { deviceId: { ideal: deviceId } } : {}
}

/** The picture of a screen, scaled down to fit the chosen size. */
export function screenVideoConstraints(resolution: ResolutionName): MediaTrackConstraints {
  const { width, height } = resolutions[resolution]
  return { width: { max: width }, height: { max: height }, frameRate: { max: framesPerSecond } }
}

/** The sound of a screen is a finished mix: treatment made for voices would only spoil music and games. */
export const screenAudioConstraints: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
}
