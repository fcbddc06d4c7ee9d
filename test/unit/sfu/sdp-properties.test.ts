import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { readRtpParameters } from '../../../src/sfu/publisher-parameters.ts'
import { type AnsweredMedia, type AnsweringTransport, writeAnswer } from '../../../src/sfu/sdp/answer.ts'
import { type SdpTrack, tapSdp } from '../../../src/sfu/sdp/sdp.ts'
import { damaged, hostileNumber, hostileText, mostly } from '../../support/arbitraries/hostile.ts'
import { goodRtpParameters } from '../../support/signaling-client.ts'

const kind = fc.constantFrom('audio' as const, 'video' as const)
const name = mostly(fc.constantFrom('0', 'audio', 'H264-1', 'sluice'), hostileText)
const mimeType = mostly(fc.constantFrom('video/H264', 'audio/opus', 'video/VP8'), hostileText)
const payloadType = mostly(fc.integer({ min: 0, max: 127 }), hostileNumber)
const rate = mostly(fc.constantFrom(48_000, 90_000), hostileNumber)
const channels = mostly(fc.constantFrom(1, 2), hostileNumber)
const value: fc.Arbitrary<string | number> = mostly<string | number>(
  fc.constantFrom('42e01f', 1, 10),
  fc.oneof(hostileText, hostileNumber),
)
const parameters = fc.dictionary(name, value, { maxKeys: 4 })

const track: fc.Arbitrary<SdpTrack> = fc.record({
  kind,
  mimeType,
  payloadType,
  channels,
  parameters,
  port: mostly(fc.integer({ min: 1, max: 65_535 }), hostileNumber),
  clockRateHz: rate,
})

const media: fc.Arbitrary<AnsweredMedia> = fc.record(
  {
    kind,
    mid: name,
    protocol: mostly(fc.constant('UDP/TLS/RTP/SAVPF'), hostileText),
    direction: fc.constantFrom('recvonly' as const, 'sendonly' as const, 'inactive' as const),
    codec: fc.record(
      {
        payloadType,
        mimeType,
        channels,
        parameters,
        clockRateHz: rate,
        rtxPayloadType: payloadType,
        feedback: fc.array(fc.record({ type: name, parameter: name }, { requiredKeys: ['type'] }), {
          maxLength: 3,
        }),
      },
      { requiredKeys: ['payloadType', 'mimeType', 'clockRateHz', 'parameters', 'feedback'] },
    ),
    extensions: fc.array(
      fc.record({
        id: mostly(fc.integer({ min: 1, max: 14 }), hostileNumber),
        uri: mostly(fc.constant('urn:ietf:params:rtp-hdrext:sdes:mid'), hostileText),
      }),
      { maxLength: 2 },
    ),
    rids: fc.array(name, { maxLength: 3 }),
    source: fc.record(
      {
        ssrc: mostly(fc.nat(), hostileNumber),
        rtxSsrc: mostly(fc.nat(), hostileNumber),
        cname: name,
        streamId: name,
      },
      { requiredKeys: ['ssrc', 'cname', 'streamId'] },
    ),
  },
  { requiredKeys: ['kind', 'mid', 'protocol', 'direction', 'codec', 'extensions'] },
)

const transport: AnsweringTransport = {
  iceParameters: { usernameFragment: 'abcd', password: 'x'.repeat(24), iceLite: true },
  iceCandidates: [],
  dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] },
}

/** The lines that a writer gave; null when it refused with the one error that it has for that. */
function linesOf(write: () => string): string[] | null {
  try {
    const text = write()
    expect(text.endsWith('\r\n')).toBe(true)
    const lines = text.slice(0, -2).split('\r\n')
    for (const line of lines) expect(line).toMatch(/^[a-z]=[ -~]+$/)
    return lines
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    expect(error.code).toBe('UNSUPPORTED_MEDIA')
    return null
  }
}

/** Runs a property, and makes sure that inputs of both kinds were met. */
function check<T>(input: fc.Arbitrary<T>, holds: (value: T) => boolean, numRuns = 2_000): void {
  const met = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(input, (each) => {
      met[holds(each) ? 'taken' : 'refused'] += 1
    }),
    { numRuns },
  )
  expect(met.taken).toBeGreaterThan(numRuns / 20)
  expect(met.refused).toBeGreaterThan(numRuns / 20)
}

describe('whatever is written into SDP stays in its line', () => {
  test('for ffmpeg', () => {
    check(fc.array(track, { minLength: 1, maxLength: 2 }), (tracks) => {
      const lines = linesOf(() => tapSdp(tracks))
      if (lines === null) return false
      const fmtp = tracks.filter((each) => Object.keys(each.parameters ?? {}).length > 0).length
      expect(lines).toHaveLength(5 + 3 * tracks.length + fmtp)
      expect(lines.filter((line) => line.startsWith('m='))).toHaveLength(tracks.length)
      return true
    })
  })

  test('for publishers and viewers', () => {
    check(fc.array(media, { minLength: 1, maxLength: 2 }), (sections) => {
      const lines = linesOf(() => writeAnswer(transport, sections))
      if (lines === null) return false
      const wanted = sections.reduce((sum, { codec, extensions, rids = [], source }) => {
        const rtx = codec.rtxPayloadType === undefined ? 0 : 2
        const fmtp = Object.keys(codec.parameters).length > 0 ? 1 : 0
        const sources = source === undefined ? 0 : source.rtxSsrc === undefined ? 2 : 4
        const layers = rids.length === 0 ? 0 : rids.length + 1
        return sum + 12 + fmtp + codec.feedback.length + rtx + extensions.length + layers + sources
      }, 0)
      // The candidates of the first section end with a line of their own.
      expect(lines).toHaveLength(7 + 1 + wanted)
      expect(lines.filter((line) => line.startsWith('m='))).toHaveLength(sections.length)
      return true
    })
  })
})

test('of what a publisher says about a track, only what ffmpeg and viewers can be given reaches the SFU', () => {
  const good = {
    ...goodRtpParameters(1234),
    codecs: [
      {
        mimeType: 'video/H264',
        payloadType: 102,
        clockRate: 90_000,
        parameters: {
          'packetization-mode': 1,
          'profile-level-id': '42e01f',
          'sprop-parameter-sets': 'x\r\ny',
        },
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'made\r\nup' }],
      },
    ],
  }
  check(damaged(good), (offered) => {
    let read: ReturnType<typeof readRtpParameters>
    try {
      read = readRtpParameters('video', offered, 'ours')
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      expect(error.code).toBe('UNSUPPORTED_MEDIA')
      return false
    }
    expect(read.rtcp).toEqual({ cname: 'ours', reducedSize: true })
    for (const { mimeType, payloadType, clockRate, parameters = {}, rtcpFeedback = [] } of read.codecs) {
      const known = ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed', 'profile-id', 'apt']
      expect(known).toEqual(expect.arrayContaining(Object.keys(parameters)))
      expect(JSON.stringify(rtcpFeedback)).not.toContain('made')
      const written = {
        kind: 'video' as const,
        port: 5_000,
        payloadType,
        mimeType,
        clockRateHz: clockRate,
        parameters,
      }
      expect(tapSdp([written])).toMatch(/^([a-z]=[ -~]+\r\n)+$/)
    }
    return true
  })
})
