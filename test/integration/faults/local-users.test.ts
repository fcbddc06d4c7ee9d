import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { clip } from '../../support/clip.ts'
import { freeUdpPorts } from '../../support/free-ports.ts'
import { startGateway } from '../../support/gateway.ts'
import { publishTracks } from '../../support/publish-tracks.ts'

/** What other programs on the same machine may try. */
const within = { timeout: 30_000, interval: 50 }
const cleanup = new Cleanup()
afterEach(async () => await cleanup.run())

test("nothing but the media worker reaches a packager's ports", async () => {
  const first = await freeUdpPorts(5)
  const gateway = await startGateway({
    SLUICE_TAP_PORT_MIN: String(first),
    SLUICE_TAP_PORT_MAX: String(first + 4),
  })
  cleanup.defer(() => gateway.close())
  const publisher = await publishTracks(gateway, 'talk', ['video'])
  cleanup.defer(() => publisher.leave('stopped'))
  await publisher.send(await clip(), 'video/H264')
  await vi.waitFor(() => expect(gateway.snapshot('talk')?.state).toBe('live'), within)
  const table = await readFile('/proc/net/udp', 'latin1')
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  for (const port of [first, first + 1]) {
    // ffmpeg's socket is connected to the worker's address, under the same port.
    expect(table).toContain(` 0100007F:${hex(port)} 0200007F:${hex(port)} `)
    const stranger = createSocket('udp4')
    cleanup.defer(() => void stranger.close())
    stranger.connect(port, '127.0.0.1')
    await once(stranger, 'connect')
    const refused = once(stranger, 'error')
    stranger.send(Buffer.alloc(100, 0x80))
    // For the kernel there is no socket at that port for this sender.
    const [error]: unknown[] = await refused
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  }
})
