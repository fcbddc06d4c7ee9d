import { availableParallelism, totalmem } from 'node:os'
import { z } from 'zod'

const mebibyte = 1024 * 1024

/** A quarter of the memory that this process may have: of the machine's, or of its container's. */
function defaultMediaBytes(): number {
  const available = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.max(256 * mebibyte, Math.floor(available / 4))
}

/** How much the gateway takes, from all clients together or from each. */
export const limitsConfigSchema = z
  .object({
    maxStreams: z.int().min(1).max(10_000).default(100).describe('Streams live at the same time.'),
    maxMediaBytes: z
      .int()
      .min(16 * mebibyte)
      .max(2 ** 46)
      .default(defaultMediaBytes())
      .describe(
        'Memory for the media of all streams; default a quarter of the machine. Playlist windows shrink to fit, then streams are refused.',
      ),
    maxTranscodes: z
      .int()
      .min(0)
      .max(1_000)
      .default(2 * availableParallelism())
      .describe(
        'Pictures encoded at the same time; default two per core. Above it publishers of VP8 and VP9 are refused.',
      ),
    maxPublishBitrateBps: z
      .int()
      .min(100_000)
      .max(100_000_000)
      .default(8_000_000)
      .describe('Upper limit for all that one publisher sends.'),
    maxMessageBytes: z
      .int()
      .min(1024)
      .max(1_048_576)
      .default(65_536)
      .describe('Largest websocket frame or request body.'),
    maxSockets: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe('Publishing websockets open at the same time.'),
    maxRealtimeViewers: z
      .int()
      .min(0)
      .max(100_000)
      .default(200)
      .describe(
        'Viewers by WebRTC at the same time, over all streams; one core serves about 250. 0 turns it off.',
      ),
    maxWaitingRequests: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20_000)
      .describe(
        'Viewers that may wait for the next part at the same time; each costs a socket and some memory.',
      ),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(30_000)
      .describe(
        'HTTP connections open at the same time; each player that waits for parts by HTTP/1.1 has one or two.',
      ),
    maxAddressShare: z
      .number()
      .min(0.001)
      .max(1)
      .default(0.25)
      .describe(
        'Part of each limit that one address (IPv6: one /64) may take. Loopback may take all of it, for proxies on this machine.',
      ),
  })
  .describe('Limits')

export type LimitsConfig = Readonly<z.infer<typeof limitsConfigSchema>>
