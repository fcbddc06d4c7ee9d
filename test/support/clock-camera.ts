import type { Page } from 'playwright-core'

/**
 * The clock in the picture: the low 32 bits of `Date.now()` as a row of black and white blocks along the top of the
 * frame, big enough to survive any encoder. Both browsers run on one machine, so its age is the latency.
 */
const blocks = 32

export type CameraOptions = { width: number; height: number; framesPerSecond: number }

/**
 * Replaces the page's camera and microphone by a canvas with the clock, a moving picture under it, and a tone.
 * Call it before the page is opened.
 */
export async function installClockCamera(page: Page, options: CameraOptions): Promise<void> {
  await page.addInitScript(
    ({ width, height, framesPerSecond, blocks }) => {
      const canvas = document.createElement('canvas')
      canvas.width = width
      canvas.height = height
      const context = canvas.getContext('2d', { alpha: false })
      if (!context) throw new Error('no 2d canvas')
      let frame = 0
      const draw = () => {
        frame += 1
        context.fillStyle = `hsl(${frame % 360} 40% 40%)`
        context.fillRect(0, 0, width, height)
        context.fillStyle = '#fff'
        for (let ball = 0; ball < 12; ball += 1) {
          context.fillRect((frame * (ball + 3)) % width, height / 4 + ball * (height / 18), 60, height / 24)
        }
        const now = Date.now() % 2 ** 32
        for (let bit = 0; bit < blocks; bit += 1) {
          context.fillStyle = Math.floor(now / 2 ** bit) % 2 === 1 ? '#fff' : '#000'
          context.fillRect((bit * width) / blocks, 0, width / blocks + 1, height / 8)
        }
      }
      setInterval(draw, 1000 / framesPerSecond)
      const getUserMedia = async (constraints?: MediaStreamConstraints) => {
        const stream = new MediaStream()
        if (constraints?.video)
          for (const track of canvas.captureStream(framesPerSecond).getTracks()) stream.addTrack(track)
        if (constraints?.audio) {
          const audio = new AudioContext({ sampleRate: 48_000 })
          const tone = new OscillatorNode(audio, { frequency: 440 })
          const volume = new GainNode(audio, { gain: 0.1 })
          const out = audio.createMediaStreamDestination()
          tone.connect(volume).connect(out)
          tone.start()
          await audio.resume()
          for (const track of out.stream.getTracks()) stream.addTrack(track)
        }
        return stream
      }
      navigator.mediaDevices.getUserMedia = getUserMedia
    },
    { ...options, blocks },
  )
}

/**
 * Age of the frame that the page's `<video>` shows, in ms.
 * @returns null while there is no frame.
 */
export async function readClockAgeMs(page: Page): Promise<number | null> {
  return await page.evaluate((blocks) => {
    const video = document.querySelector('video')
    if (!video || video.videoWidth === 0) return null
    const canvas = document.createElement('canvas')
    canvas.width = blocks
    canvas.height = 1
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) return null
    const { videoWidth: width, videoHeight: height } = video
    // The middle half of each block, averaged to one pixel.
    for (let bit = 0; bit < blocks; bit += 1) {
      context.drawImage(
        video,
        (bit + 0.25) * (width / blocks),
        height / 32,
        width / blocks / 2,
        height / 16,
        bit,
        0,
        1,
        1,
      )
    }
    const now = Date.now() % 2 ** 32
    const { data } = context.getImageData(0, 0, blocks, 1)
    let shown = 0
    for (let bit = 0; bit < blocks; bit += 1) if ((data[bit * 4] ?? 0) > 127) shown += 2 ** bit
    return now - shown
  }, blocks)
}
