import helmet from '@fastify/helmet'
import websocket from '@fastify/websocket'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { HttpConfig } from '../config/sections/http-config.ts'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError, toErrorShape } from '../errors.ts'
import { type Log, redactPath } from '../log.ts'
import { limitApiRate } from './api-rate-limit.ts'
import { readCertificate } from './certificate.ts'
import { limitConnections } from './connection-limit.ts'
import { checkRequestOrigins, RequestOrigin } from './request-origin.ts'
import { endStalledAnswers, stalledMs } from './stalled-answers.ts'
import { keepTls, tlsOptions } from './tls.ts'

/** Time within which a client must have sent its request headers and body. */
const requestTimeoutMs = 15_000
/** How long browsers ask by https only: 180 days. */
const strictTransportSeconds = 180 * 24 * 3600

export type ServerSettings = Pick<
  HttpConfig,
  'tlsCert' | 'tlsKey' | 'allowedHosts' | 'allowedOrigins' | 'trustedProxies'
> &
  Pick<LimitsConfig, 'maxMessageBytes' | 'maxConnections' | 'maxAddressShare'>

/** Other times than the usual ones, for tests. */
export type ServerTimes = {
  /** How often to look for a renewed certificate. */
  renewEveryMs?: number
  /** After how long without progress an answer is ended. */
  stalledAfterMs?: number
}

/**
 * The HTTP server without routes: limits, strict headers, and the one place where errors become answers:
 * `{ error: { code, message } }` with the status of the code. It speaks HTTPS when a certificate is configured.
 * @throws ConfigError when that can't be used.
 */
export async function createServer(
  config: ServerSettings,
  log: Log,
  { renewEveryMs, stalledAfterMs = stalledMs }: ServerTimes = {},
): Promise<FastifyInstance> {
  const { tlsCert: certPath, tlsKey: keyPath } = config
  const paths = certPath !== null && keyPath !== null ? { certPath, keyPath } : null
  const certificate = paths && readCertificate(paths)
  const loggerInstance: FastifyBaseLogger = log
  const server = Fastify({
    loggerInstance,
    ...(certificate && tlsOptions(certificate)),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    // One line per request would drown the state changes: a viewer asks every second.
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request costs as much as finding the route, and nothing reads it.
    childLoggerFactory: (logger) => logger,
    bodyLimit: config.maxMessageBytes,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    // Refusals before any route is known.
    frameworkErrors: (cause, request, reply) => {
      // Outside of all hooks, so the websocket plugin leaves a refused upgrade open, and the server could not close.
      if (request.headers.upgrade) reply.raw.once('finish', () => request.raw.socket.destroySoon())
      const message = 'The address of the request is malformed or too long.'
      sendError(new GatewayError('BAD_REQUEST', message, { cause }), request, reply)
    },
  })
  if (paths && certificate) keepTls(server, paths, certificate, { requestTimeoutMs, renewEveryMs }, log)
  limitConnections(server, config)
  endStalledAnswers(server, stalledAfterMs)
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        // hls.js feeds the player through a blob and demuxes in a worker made of one.
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // Without a certificate of ours, the proxy that does TLS decides about this. It holds for all ports of the host,
    // but subdomains may have other owners.
    strictTransportSecurity: paths ? { maxAge: strictTransportSeconds, includeSubDomains: false } : false,
    // The publish page needs them; every other origin and feature stays off.
    referrerPolicy: { policy: 'same-origin' },
  })
  await limitApiRate(server)
  await server.register(websocket, { options: { maxPayload: config.maxMessageBytes } })
  // After the websocket plugin, which only closes the refused upgrades that it saw before.
  checkRequestOrigins(
    server,
    new RequestOrigin({
      ...config,
      hasCertificateFor: certificate && ((name) => certificate.isFor(name)),
    }),
  )
  server.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply))
  server.setNotFoundHandler((request, reply) =>
    sendError(
      new GatewayError('NOT_FOUND', `There is nothing at ${request.url.slice(0, 200)}.`),
      request,
      reply,
    ),
  )
  return server
}

function sendError(error: FastifyError | GatewayError, request: FastifyRequest, reply: FastifyReply): void {
  const known = toGatewayError(error)
  const status = known?.status ?? 500
  // 503 is said on purpose, and to all the viewers of a publisher that pauses: that is no news.
  if (!known || (known.fault === 'ours' && status !== 503))
    request.log.error({ err: error, method: request.method, path: redactPath(request.url) }, 'request failed')
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  if (status === 503) reply.header('retry-after', '2')
  reply
    .status(status)
    .header('cache-control', 'no-store')
    .send({ error: toErrorShape(known) })
}

/** Fastify's own refusals (bad JSON, too large a body, …) are the client's; anything else is unknown. */
export function toGatewayError(error: FastifyError | GatewayError): GatewayError | undefined {
  if (error instanceof GatewayError) return error
  if (error.statusCode === 413)
    return new GatewayError('TOO_LARGE', 'The request is too large.', { cause: error })
  if (error.statusCode === 415) {
    return new GatewayError('UNSUPPORTED_TYPE', 'The request must be application/json.', { cause: error })
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new GatewayError('BAD_REQUEST', error.message, { cause: error })
  }
  return undefined
}
