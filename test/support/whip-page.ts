import type { Page } from 'playwright-core'

/**
 * Publishes the page's camera and microphone by WHIP, as a browser's own client would.
 * @param page on any page of the gateway, with `installClockCamera` before it was opened.
 */
export async function publishFromPage(
  page: Page,
  stream: string,
  codec: 'h264' | 'vp8',
  config: RTCConfiguration & { layers?: number } = {},
): Promise<void> {
  await page.evaluate(
    async ({ stream, codec, config }) => {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
      const connection = new RTCPeerConnection(config)
      for (const track of media.getTracks()) {
        // Each layer has half the size of the next one.
        const layers = track.kind === 'video' ? (config.layers ?? 1) : 1
        const sendEncodings = Array.from({ length: layers }, (_, layer) => ({
          ...(layers > 1 ? { rid: `r${layer}` } : {}),
          scaleResolutionDownBy: 2 ** (layers - 1 - layer),
        }))
        const transceiver = connection.addTransceiver(track, {
          direction: 'sendonly',
          streams: [media],
          ...(track.kind === 'video' ? { sendEncodings } : {}),
        })
        if (track.kind !== 'video') continue
        const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
        const wanted = new RegExp(`video/(${codec}|rtx)$`, 'i')
        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => wanted.test(mimeType)))
        const parameters = transceiver.sender.getParameters()
        for (const encoding of parameters.encodings) encoding.maxBitrate = 2_500_000
        await transceiver.sender.setParameters(parameters)
      }
      const offer = await connection.createOffer()
      await connection.setLocalDescription(offer)
      const response = await fetch(`/whip/${stream}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', authorization: 'Bearer test' },
        body: offer.sdp ?? '',
      })
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      // Kept from being collected for as long as the page is there.
      Object.assign(window, { publishing: connection })
      await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() })
    },
    { stream, codec, config },
  )
}

/** Loudness of what the page's `<video>` plays from WebRTC, 0 to 1, over a short time. */
export async function realtimeLoudness(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const media = document.querySelector('video')?.srcObject
    if (!(media instanceof MediaStream) || media.getAudioTracks().length === 0) return 0
    const context = new AudioContext()
    const analyser = new AnalyserNode(context, { fftSize: 4_096 })
    context.createMediaStreamSource(media).connect(analyser)
    await context.resume()
    const samples = new Float32Array(analyser.fftSize)
    let loudest = 0
    for (let look = 0; look < 10; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      analyser.getFloatTimeDomainData(samples)
      loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), loudest)
    }
    await context.close()
    return loudest
  })
}
