import { audioLevel } from '../capture/audio-level.ts'

const stepMs = 80

/**
 * Shows how loud a track is on a meter, until stopped.
 * A timer, not animation frames: ten bars a second are enough to see, and cost nothing.
 */
export function showLevel(meter: HTMLMeterElement, track: MediaStreamTrack): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)

  const resume = (): void => {
    context.resume().catch((error: unknown) => console.warn('The level meter cannot run', error))
  }
  // Some browsers let sound graphs run only after the first click on the page.
  if (context.state === 'suspended') document.addEventListener('pointerdown', resume, { once: true })

  const timer = setInterval(() => {
    if (document.hidden) return
    analyser.getFloatTimeDomainData(samples)
    meter.value = audioLevel(samples)
  }, stepMs)
  return () => {
    clearInterval(timer)
    document.removeEventListener('pointerdown', resume)
    meter.value = 0
    context.close().catch((error: unknown) => console.warn('The level meter did not close', error))
  }
}
