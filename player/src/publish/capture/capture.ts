import {
  cameraConstraints,
  microphoneConstraints,
  screenAudioConstraints,
  screenVideoConstraints,
} from './constraints.ts'
import { type Device, explainMediaError } from './media-problem.ts'
import type { Settings } from './settings.ts'

export type Captured = { track: MediaStreamTrack | null; problem: string | null }

/** Opens a camera or a microphone; never throws, a failure comes back as a text for the person. */
async function captureOne(device: 'camera' | 'microphone', settings: Settings): Promise<Captured> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(
      device === 'camera'
        ? { video: cameraConstraints(settings.cameraId, settings.resolution) }
        : { audio: microphoneConstraints(settings.microphoneId) },
    )
    return { track: prepare(stream.getTracks()[0] ?? null, device), problem: null }
  } catch (error) {
    return { track: null, problem: explain(device, error) }
  }
}

/** Tells the encoder what it will see: movement matters in a camera's picture, sharp letters on a screen. */
function prepare(track: MediaStreamTrack | null, device: Device): MediaStreamTrack | null {
  if (track?.kind === 'video') track.contentHint = device === 'screen' ? 'detail' : 'motion'
  return track
}

function explain(device: Device, error: unknown): string {
  console.warn(`No ${device}`, error)
  return explainMediaError(device, error instanceof Error ? error : { name: 'Error', message: String(error) })
}

/** Opens camera and microphone with one question to the person; if that fails, each for itself. */
export async function captureDevices(
  wanted: { camera: boolean; microphone: boolean },
  settings: Settings,
): Promise<{ camera: Captured; microphone: Captured }> {
  const nothing: Captured = { track: null, problem: null }
  if (wanted.camera && wanted.microphone) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: cameraConstraints(settings.cameraId, settings.resolution),
        audio: microphoneConstraints(settings.microphoneId),
      })
      return {
        camera: { track: prepare(stream.getVideoTracks()[0] ?? null, 'camera'), problem: null },
        microphone: { track: prepare(stream.getAudioTracks()[0] ?? null, 'microphone'), problem: null },
      }
    } catch (error) {
      // One of the two is missing or refused; asking for each alone tells which, and gets the other.
      console.info('Camera and microphone together are not to be had', error)
    }
  }
  const camera = wanted.camera ? await captureOne('camera', settings) : nothing
  const microphone = wanted.microphone ? await captureOne('microphone', settings) : nothing
  return { camera, microphone }
}

/** Lets the person choose a screen, window or tab. */
export async function captureScreen(
  settings: Settings,
): Promise<{ video: Captured; audio: MediaStreamTrack | null }> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: screenVideoConstraints(settings.resolution),
      audio: screenAudioConstraints,
    })
    return {
      video: { track: prepare(stream.getVideoTracks()[0] ?? null, 'screen'), problem: null },
      audio: stream.getAudioTracks()[0] ?? null,
    }
  } catch (error) {
    return { video: { track: null, problem: explain('screen', error) }, audio: null }
  }
}
