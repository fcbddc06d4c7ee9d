import { availableParallelism } from 'node:os'
import { z } from 'zod'

const port = z.int().min(1).max(65535)

/** WebRTC: mediasoup's workers and ports, and what clients need to reach them. */
export const rtcConfigSchema = z
  .object({
    rtcHost: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address on which WebRTC listens; 0.0.0.0 for all.'),
    rtcPort: port
      .default(44444)
      .describe('First UDP and TCP port of WebRTC; each worker takes the next one.'),
    announcedAddress: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("Address that publishers' browsers reach; found by itself when rtcHost is 0.0.0.0."),
    /** `stun:host:port` */
    stunUrls: z
      .array(
        z
          .string()
          .max(256)
          .regex(/^stuns?:[^\s"<>]+$/, 'must look like stun:host:port'),
      )
      .max(8)
      .default([])
      .describe('STUN servers, which WHIP and WHEP answers name in Link headers.'),
    /** `turn:host:port?transport=udp` */
    turnUrls: z
      .array(
        z
          .string()
          .max(256)
          .regex(/^turns?:[^\s"<>]+$/, 'must look like turn:host:port?transport=udp'),
      )
      .max(8)
      .default([])
      .describe('TURN servers for publishers and viewers, each of whom gets a password that expires.'),
    /** coturn's `static-auth-secret`; null when there is no TURN server. */
    turnSecret: z
      .string()
      .min(16)
      .nullable()
      .default(null)
      .describe("The TURN servers' static-auth-secret, which the passwords are made from."),
    workers: z
      .int()
      .min(1)
      .max(64)
      .default(Math.min(availableParallelism(), 4))
      .describe('mediasoup workers; default one per core, at most 4.'),
    tapPortMin: port
      .default(45000)
      .describe('First loopback UDP port between mediasoup and ffmpeg; a stream takes up to 4.'),
    tapPortMax: port.default(46999).describe('Last of these ports.'),
  })
  .superRefine((config, context) => {
    const refuse = (key: keyof typeof config, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message })
    }
    if (config.rtcPort + config.workers - 1 > 65_535) {
      refuse('rtcPort', 'each worker takes the next port, and there is none above 65535')
    }
    if (config.turnUrls.length > 0 && config.turnSecret === null) {
      refuse('turnSecret', 'must be set when there are turnUrls')
    }
    if (config.tapPortMax - config.tapPortMin < 4) {
      refuse('tapPortMax', 'must be at least 4 above tapPortMin; a stream takes up to 4 ports')
    }
  })
  .describe('WebRTC')

export type RtcConfig = Readonly<z.infer<typeof rtcConfigSchema>>
