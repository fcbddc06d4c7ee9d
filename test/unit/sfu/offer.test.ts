import { parse } from 'sdp-transform'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { mediaCodecs } from '../../../src/sfu/codecs.ts'
import { writeAnswer, writeIceFragment } from '../../../src/sfu/sdp/answer.ts'
import { readOffer } from '../../../src/sfu/sdp/offer.ts'
import { sendingParameters } from '../../../src/sfu/sdp/sending-parameters.ts'
import { offerOf, publisherOffers } from '../../support/offers.ts'

const transport = {
  iceParameters: { usernameFragment: 'own', password: 'secret', iceLite: true },
  iceCandidates: [
    {
      foundation: 'udp',
      priority: 2,
      ip: '203.0.113.7',
      address: '203.0.113.7',
      protocol: 'udp',
      port: 44444,
      type: 'host',
    },
    {
      foundation: 'tcp',
      priority: 1,
      ip: '203.0.113.7',
      address: '203.0.113.7',
      protocol: 'tcp',
      port: 44444,
      type: 'host',
      tcpType: 'passive',
    },
  ],
  dtlsParameters: {
    fingerprints: [
      { algorithm: 'sha-256', value: 'AA:BB' },
      { algorithm: 'sha-1', value: 'CC:DD' },
    ],
  },
} satisfies Parameters<typeof writeAnswer>[0]

function answerTo(name: string) {
  const { media } = readOffer(offerOf(name), 'send')
  const sendings = media.map((each) => sendingParameters(each, mediaCodecs))
  const answer = writeAnswer(
    transport,
    sendings.map((sending) => sending.answer),
  )
  return { sendings, answer, parsed: parse(answer) }
}

describe('publishers’ offers', () => {
  test.each([
    { name: 'chromium', video: 'video/H264', payloadType: 108, rtx: true, extensions: 5, layers: 1 },
    { name: 'chromium-vp8', video: 'video/VP8', payloadType: 96, rtx: true, extensions: 5, layers: 1 },
    {
      name: 'chromium-simulcast',
      video: 'video/H264',
      payloadType: 108,
      rtx: true,
      extensions: 5,
      layers: 3,
    },
    { name: 'firefox', video: 'video/H264', payloadType: 126, rtx: true, extensions: 3, layers: 1 },
    { name: 'safari', video: 'video/H264', payloadType: 98, rtx: true, extensions: 5, layers: 1 },
    { name: 'libdatachannel', video: 'video/H264', payloadType: 96, rtx: false, extensions: 0, layers: 1 },
    { name: 'obs-simulcast', video: 'video/H264', payloadType: 96, rtx: false, extensions: 2, layers: 3 },
    { name: 'gstreamer', video: 'video/H264', payloadType: 96, rtx: false, extensions: 0, layers: 1 },
    { name: 'werift', video: 'video/H264', payloadType: 97, rtx: false, extensions: 0, layers: 1 },
  ])(
    '$name: becomes one codec per track, with what repairs it',
    ({ name, video, payloadType, rtx, extensions, layers }) => {
      const { sendings } = answerTo(name)
      expect(sendings.map(({ answer }) => answer.kind)).toEqual(['audio', 'video'])
      const [audio, picture] = sendings.map(({ rtpParameters }) => rtpParameters)
      expect(audio?.codecs).toHaveLength(1)
      expect(audio?.codecs[0]).toMatchObject({ clockRate: 48_000, channels: 2 })
      expect(picture?.codecs[0]).toMatchObject({ mimeType: video, payloadType, clockRate: 90_000 })
      expect(picture?.codecs.length).toBe(rtx ? 2 : 1)
      expect(picture?.codecs[0]?.rtcpFeedback).toContainEqual({ type: 'nack', parameter: 'pli' })
      expect(picture?.headerExtensions).toHaveLength(extensions)
      expect(picture?.headerExtensions?.map(({ uri }) => uri)).not.toContain('urn:3gpp:video-orientation')
      expect(picture?.encodings).toHaveLength(layers)
    },
  )

  test.each(publisherOffers)('%s: gets an answer to all of it, in its own numbers', (name) => {
    const offer = parse(offerOf(name))
    const { answer, parsed } = answerTo(name)
    expect(answer).toMatch(/\r\n$/)
    expect(answer.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(parsed.media.map(({ type, mid, protocol }) => ({ type, mid, protocol }))).toEqual(
      offer.media.map(({ type, mid, protocol }) => ({ type, mid, protocol })),
    )
    expect(parsed.groups).toEqual([{ type: 'BUNDLE', mids: offer.media.map(({ mid }) => mid).join(' ') }])
    for (const [index, media] of parsed.media.entries()) {
      const offered = offer.media[index]
      for (const { payload, codec, rate } of media.rtp) {
        expect(offered?.rtp).toContainEqual(expect.objectContaining({ payload, codec, rate }))
      }
      for (const { value, uri } of media.ext ?? []) {
        expect(offered?.ext).toContainEqual(expect.objectContaining({ value, uri }))
      }
      expect(media).toMatchObject({ direction: 'recvonly', setup: 'passive', rtcpMux: 'rtcp-mux', port: 9 })
      expect(media.fingerprint).toEqual({ type: 'sha-256', hash: 'AA:BB' })
    }
    expect(parsed.icelite).toBe('ice-lite')
    expect(parsed.media[0]?.candidates?.map(({ transport, tcptype }) => [transport, tcptype])).toEqual([
      ['udp', undefined],
      ['tcp', 'passive'],
    ])
  })

  test('OBS: the answer takes as many layers as were offered', () => {
    const { answer, sendings } = answerTo('obs-simulcast')
    expect(answer).toContain('a=rid:0 recv\r\na=rid:1 recv\r\na=rid:2 recv\r\na=simulcast:recv 0;1;2\r\n')
    expect(sendings[1]?.rtpParameters.encodings).toEqual([{ rid: '0' }, { rid: '1' }, { rid: '2' }])
  })

  test('sound comes in stereo', () => {
    expect(answerTo('chromium').answer).toMatch(/a=fmtp:111 .*stereo=1/)
  })

  test('RTX comes with its SSRC', () => {
    expect(answerTo('firefox').sendings[1]?.rtpParameters.encodings).toEqual([
      { ssrc: 3041243416, rtx: { ssrc: 1234567890 } },
    ])
  })

  test.each(['audio', 'video'])('%s alone is taken', (kind) => {
    const [session = '', ...sections] = offerOf('chromium').split(/(?=m=)/)
    const section = sections.find((text) => text.startsWith(`m=${kind}`)) ?? ''
    const { media } = readOffer(session.replace(/a=group:BUNDLE.*/, '') + section, 'send')
    expect(media.map((each) => each.kind)).toEqual([kind])
  })
})

describe('viewers’ offers', () => {
  test('Chromium’s names its own payload types', () => {
    const { media } = readOffer(offerOf('chromium-watch'), 'receive')
    expect(media.map(({ kind, mid }) => [kind, mid])).toEqual([
      ['audio', '0'],
      ['video', '1'],
    ])
    expect(media[1]?.codecs.filter(({ mimeType }) => mimeType === 'video/H264')).toHaveLength(8)
  })
})

describe('what is refused', () => {
  const good = offerOf('chromium')
  const all = (pattern: RegExp, text: string) =>
    good.replace(new RegExp(pattern.source, `${pattern.flags}g`), text)
  test.each<{ what: string; sdp: string; code: string; says: RegExp; purpose?: 'receive' }>([
    { what: 'nothing', sdp: '', code: 'BAD_REQUEST', says: /v=0/ },
    { what: 'HTML', sdp: '<html>', code: 'BAD_REQUEST', says: /v=0/ },
    {
      what: 'no media',
      sdp: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n',
      code: 'BAD_REQUEST',
      says: /no media/,
    },
    {
      what: 'two pictures',
      sdp: `${good}${good.split(/(?=m=)/)[2]?.replace('a=mid:1', 'a=mid:2')}`.replace(
        'BUNDLE 0 1',
        'BUNDLE 0 1 2',
      ),
      code: 'UNSUPPORTED_MEDIA',
      says: /one audio and one video/,
    },
    {
      what: 'data',
      sdp: `${good}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n`,
      code: 'UNSUPPORTED_MEDIA',
      says: /application/,
    },
    {
      what: 'a section that is off',
      sdp: good.replace('m=audio 9', 'm=audio 0'),
      code: 'UNSUPPORTED_MEDIA',
      says: /off/,
    },
    {
      what: 'two MediaStreams',
      sdp: good.replace(/a=msid:\S+/, 'a=msid:other'),
      code: 'UNSUPPORTED_MEDIA',
      says: /MediaStream/,
    },
    {
      what: 'no bundle',
      sdp: good.replace(/a=group:BUNDLE.*\r\n/, ''),
      code: 'UNSUPPORTED_MEDIA',
      says: /bundle/,
    },
    {
      what: 'the same mid twice',
      sdp: good.replace('a=mid:1', 'a=mid:0'),
      code: 'BAD_REQUEST',
      says: /same a=mid/,
    },
    { what: 'no mid', sdp: all(/a=mid:.*\r\n/, ''), code: 'BAD_REQUEST', says: /a=mid/ },
    {
      what: 'RTCP on a port of its own',
      sdp: all(/a=rtcp-mux\r\n/, ''),
      code: 'UNSUPPORTED_MEDIA',
      says: /rtcp-mux/,
    },
    {
      what: 'no encryption',
      sdp: all(/UDP\/TLS\/RTP\/SAVPF/, 'RTP/AVP'),
      code: 'UNSUPPORTED_MEDIA',
      says: /DTLS/,
    },
    { what: 'no ICE', sdp: all(/a=ice-ufrag:.*\r\n/, ''), code: 'BAD_REQUEST', says: /ice-ufrag/ },
    {
      what: 'no fingerprint',
      sdp: all(/a=fingerprint:.*\r\n/, ''),
      code: 'BAD_REQUEST',
      says: /fingerprint/,
    },
    { what: 'a sha-1 fingerprint', sdp: all(/sha-256/, 'sha-1'), code: 'UNSUPPORTED_MEDIA', says: /sha-256/ },
    {
      what: 'a cut fingerprint',
      sdp: all(/(sha-256 ..:..):.*/, '$1'),
      code: 'BAD_REQUEST',
      says: /malformed/,
    },
    {
      what: 'two fingerprints',
      sdp: good.replace(/sha-256 ..:/, 'sha-256 00:'),
      code: 'UNSUPPORTED_MEDIA',
      says: /same fingerprint/,
    },
    {
      what: 'a passive publisher',
      sdp: all(/a=setup:actpass/, 'a=setup:passive'),
      code: 'UNSUPPORTED_MEDIA',
      says: /setup:passive/,
    },
    {
      what: 'a publisher that receives',
      sdp: all(/a=sendonly/, 'a=recvonly'),
      code: 'BAD_REQUEST',
      says: /publishers send/,
    },
    {
      what: 'a publisher that is inactive',
      sdp: all(/a=sendonly/, 'a=inactive'),
      code: 'BAD_REQUEST',
      says: /publishers send/,
    },
    {
      what: 'a viewer that sends',
      sdp: good,
      purpose: 'receive',
      code: 'BAD_REQUEST',
      says: /viewers receive/,
    },
    {
      what: 'layers that are nowhere',
      sdp: offerOf('obs-simulcast').replace('a=rid:1 send\r\n', ''),
      code: 'BAD_REQUEST',
      says: /a=rid/,
    },
    { what: 'no codec', sdp: all(/a=rtpmap:.*\r\n/, ''), code: 'BAD_REQUEST', says: /codecs/ },
    {
      what: 'sections without end',
      sdp: good + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(20),
      code: 'BAD_REQUEST',
      says: /8 media/,
    },
  ])('$what', ({ sdp, code, says, purpose }) => {
    const error = errorOf(() => readOffer(sdp, purpose ?? 'send'))
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)])
  })

  test('codecs that the gateway does not take, by name', () => {
    const { media } = readOffer(good.replaceAll(/ (H264|VP8|VP9)\//g, ' H265/'), 'send')
    const error = errorOf(() => media.map((each) => sendingParameters(each, mediaCodecs)))
    expect(error.message).toBe(
      'The gateway takes H.264 (baseline, main, high), VP8 and VP9 as video; what was offered is H265, AV1, red, ulpfec.',
    )
  })
})

test('an ICE restart is answered by a fragment', () => {
  expect(writeIceFragment(transport)).toBe(
    [
      'a=ice-lite',
      'a=ice-ufrag:own',
      'a=ice-pwd:secret',
      'a=candidate:udp 1 udp 2 203.0.113.7 44444 typ host',
      'a=candidate:tcp 1 tcp 1 203.0.113.7 44444 typ host tcptype passive',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  )
})

function errorOf(call: () => unknown): GatewayError {
  try {
    call()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('it was taken')
}
