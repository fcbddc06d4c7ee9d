// Starts the worker binary given as argument through mediasoup, as the gateway will, and closes it again.
// Exit code 0: it works. Runs in its own process because set-up itself has to run without npm packages.
import { createWorker } from 'mediasoup'

const [, , workerBin = ''] = process.argv
const worker = await createWorker({ workerBin, logLevel: 'none' })
const router = await worker.createRouter({
  mediaCodecs: [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  ],
})
// Makes the DTLS certificate and touches OpenSSL and libuv's sockets, which createRouter alone does not.
const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] })
transport.close()
worker.close()
