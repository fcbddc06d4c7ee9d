/** The parts of mediasoup's RtpCapabilities and RtpParameters that are needed here. */
export type Codec = {
  kind?: string
  mimeType: string
  preferredPayloadType?: number
  clockRate: number
  channels?: number
  parameters?: Record<string, unknown>
  rtcpFeedback?: readonly object[]
}
export type Capabilities = {
  codecs?: readonly Codec[]
  headerExtensions?: ReadonlyArray<{ kind?: string; uri: string; preferredId: number }>
}

export const transportWideCcUri = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'

export type Sending = {
  payloadType: number
  ssrc: number
  transportWideCcId: number
  rtpParameters: Record<string, unknown>
}

/**
 * What to send for a codec of the router, and how to announce it: like a browser, with the numbers for congestion
 * control in each packet, for which the gateway sends feedback. Without RTX: nothing is repeated.
 * @throws Error when the router does not take it.
 */
export function sendingParameters(capabilities: Capabilities, mimeType: string, ssrc: number): Sending {
  const codec = capabilities.codecs?.find(
    (candidate) =>
      candidate.mimeType.toLowerCase() === mimeType.toLowerCase() &&
      (candidate.parameters?.['packetization-mode'] ?? 1) === 1,
  )
  const extension = capabilities.headerExtensions?.find(({ uri }) => uri === transportWideCcUri)
  if (codec?.preferredPayloadType === undefined || !extension)
    throw new Error(`the gateway takes no ${mimeType}`)
  const { clockRate, channels, parameters = {}, rtcpFeedback = [] } = codec
  return {
    payloadType: codec.preferredPayloadType,
    ssrc,
    transportWideCcId: extension.preferredId,
    rtpParameters: {
      codecs: [
        {
          mimeType: codec.mimeType,
          payloadType: codec.preferredPayloadType,
          clockRate,
          ...(channels ? { channels } : {}),
          parameters,
          rtcpFeedback,
        },
      ],
      headerExtensions: [{ uri: transportWideCcUri, id: extension.preferredId }],
      encodings: [{ ssrc }],
      rtcp: { cname: 'sluice-bench' },
    },
  }
}
