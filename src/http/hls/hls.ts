import type { ServerResponse } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Query } from '../../hls/directives.ts'
import { hlsRequest } from '../../hls/hls-request.ts'
import { hlsHeaders } from '../../hls/resource.ts'
import type { HlsStore } from '../../hls/store.ts'
import { clientKey } from '../../limit/client-key.ts'
import { CountLimit, type Fullness, shareOf } from '../../limit/count-limit.ts'
import { checkName } from '../../streams/registry.ts'
import { answerHls } from './hls-answer.ts'
import { type HlsGate, noToken } from './hls-gate.ts'

type HlsRequest = FastifyRequest<{ Params: { stream: string; '*': string }; Querystring: Query }>

export type HlsRouteOptions = {
  /** The HLS store of a stream that is live or can still be fetched. */
  storeOf: (stream: string) => HlsStore | undefined
  /** Requests that may wait for media at the same time, over all streams. */
  maxWaitingRequests: number
  /** The part of them that one address may have. */
  maxAddressShare: number
  gate: HlsGate
}

const preflightHeaders = {
  ...hlsHeaders,
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'Range, If-None-Match, If-Range, Cache-Control',
  'access-control-max-age': '86400',
}

/**
 * Serves HLS below `/hls/{stream}/` by GET and HEAD, for the gateway's own pages and those of allowed origins. Requests
 * for a playlist with more media, or for the part that comes next, are answered when it is there.
 * Throws to the server's error handler: BAD_STREAM_NAME, STREAM_NOT_FOUND, NOT_FOUND, BAD_REQUEST, NO_NEW_MEDIA,
 * TOO_MANY_VIEWERS, TOO_MANY_REQUESTS.
 */
export function registerHls(server: FastifyInstance, options: HlsRouteOptions): void {
  const { maxWaitingRequests: total, maxAddressShare, gate } = options
  const limit = new CountLimit({ total, each: shareOf(total, maxAddressShare) })
  server.register(async (scope) => {
    scope.setErrorHandler((error: FastifyError, _, reply) => {
      // A 404 that is cached would hide the file that comes a moment later.
      reply.headers({ ...hlsHeaders, 'cache-control': 'no-store' })
      throw error
    })
    scope.options('/hls/*', { helmet: false }, async (_, reply) =>
      reply.code(204).headers(preflightHeaders).send(),
    )
    // Neither hooks nor promises here: see answerHls.
    scope.get('/hls/:stream/*', { helmet: false }, (request: HlsRequest, reply) => {
      const asked = readHlsPath(request.params)
      const { token, stream } = asked
      if (token === null || gate.isKnown(token, stream)) serve(request, reply, asked)
      else {
        gate
          .admit(token, stream, request.ip)
          .then(() => serve(request, reply, asked))
          .catch((error) => reply.send(error))
      }
    })
  })

  function serve(request: HlsRequest, reply: FastifyReply, asked: HlsPath): void {
    const { token, stream, path } = asked
    checkGate(asked)
    const store = options.storeOf(stream)
    if (!store) throw new GatewayError('STREAM_NOT_FOUND', `There is no stream "${stream}".`)
    // With a token, media is where it is without one.
    const attempt = hlsRequest(store, path, request.query, token === null ? null : `../../${stream}/`)
    const resource = attempt()
    if (resource) {
      answerHls(request, reply, resource)
      return
    }
    const leave = limit.enter(clientKey(request.ip), tooMany)
    const cancel = store.blocked.add(attempt, (outcome) => {
      leave()
      unwatch()
      if ('error' in outcome) reply.send(outcome.error)
      // It may have been revoked meanwhile.
      else if (token !== null && !gate.isKnown(token, stream)) reply.send(noToken(stream))
      else answerHls(request, reply, outcome.answer)
    })
    const unwatch = watchClose(reply.raw, () => {
      leave()
      cancel()
    })
  }

  /** @throws GatewayError FORBIDDEN for the playlists of a private stream. */
  function checkGate({ token, stream, path }: HlsPath): void {
    if (token === null && path.endsWith('.m3u8') && !gate.isOpen(stream)) throw noToken(stream)
  }
}

type HlsPath = {
  /** Of `/hls/~TOKEN/…`; relative addresses in playlists keep it. */
  token: string | null
  stream: string
  /** Below the stream. */
  path: string
}

/** @throws GatewayError BAD_STREAM_NAME */
function readHlsPath({ stream: first, '*': rest }: HlsRequest['params']): HlsPath {
  if (!first.startsWith('~')) return { token: null, stream: checkName(first), path: rest }
  const slash = rest.indexOf('/')
  const stream = slash < 0 ? rest : rest.slice(0, slash)
  return { token: first.slice(1), stream: checkName(stream), path: slash < 0 ? '' : rest.slice(slash + 1) }
}

/** Calls back on disconnect, and keeps a blocked response alive. @returns the undo. */
function watchClose(response: ServerResponse, onClose: () => void): () => void {
  response.once('close', onClose).on('timeout', goOnWaiting)
  return () => void response.off('close', onClose).off('timeout', goOnWaiting)
}

/** A request that waits for media is silent, and may be for longer than one that takes an answer (`http/stalled-answers.ts`). */
function goOnWaiting(): void {
  return
}

function tooMany(fullness: Fullness): GatewayError {
  return fullness === 'client'
    ? new GatewayError('TOO_MANY_REQUESTS', 'Too many requests from your address wait for media.')
    : new GatewayError('TOO_MANY_VIEWERS', 'Too many viewers wait for media. Try again soon.')
}
