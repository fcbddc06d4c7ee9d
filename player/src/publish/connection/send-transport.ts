import { Device, type types } from 'mediasoup-client'
import type { ReplyData } from '../../../../src/ingest/protocol.ts'
import type { Signal } from './signal.ts'
import { SignalError } from './signal-error.ts'

/** mediasoup's picture of this browser, matched with what the gateway can take. */
export async function loadDevice(routerRtpCapabilities: object): Promise<Device> {
  try {
    const device = await Device.factory()
    await device.load({ routerRtpCapabilities })
    return device
  } catch (error) {
    console.error('mediasoup-client does not know this browser', error)
    throw new SignalError(
      'this browser cannot publish. Use a current Chrome, Edge, Firefox or Safari',
      'UNSUPPORTED',
    )
  }
}

/** The sending side of the connection, its handshakes wired to the websocket. */
export function createTransport(
  device: Device,
  { transport: offer, iceServers }: Pick<ReplyData['publish'], 'transport' | 'iceServers'>,
  signal: Signal,
): types.Transport {
  const transport = device.createSendTransport({
    id: offer.id,
    // The protocol leaves mediasoup's shapes opaque; both ends of them are mediasoup.
    iceParameters: offer.iceParameters as types.IceParameters,
    iceCandidates: offer.iceCandidates as types.IceCandidate[],
    dtlsParameters: offer.dtlsParameters as types.DtlsParameters,
    iceServers,
  })
  transport.on('connect', ({ dtlsParameters }, done, fail) => {
    signal.request('connect', { dtlsParameters }).then(() => done(), fail)
  })
  transport.on('produce', ({ kind, rtpParameters }, done, fail) => {
    signal
      .request('produce', { kind, rtpParameters })
      .then(({ producerId }) => done({ id: producerId }), fail)
  })
  return transport
}
