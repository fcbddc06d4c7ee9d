import { unwatchFile, watchFile } from 'node:fs'
import { Server as HttpServer } from 'node:http'
import type { Http2Session, SecureServerOptions } from 'node:http2'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Certificate, type CertificatePaths, readCertificate } from './certificate.ts'

/** Requests that one connection has open at a time: a player has two or three, a cache many. */
const maxStreams = 100
/**
 * MB of answers that one connection may wait for. Node refuses requests beyond it, with ENHANCE_YOUR_CALM, and its
 * default of 10 is 20 segments. The bytes are those of the store, counted for each stream.
 */
const maxSessionMegabytes = 256

/**
 * Fastify's options for HTTP/2, and HTTP/1.1 beside it for websockets and old clients. Without their type, so that the
 * server keeps that of HTTP/1.1: what is used of requests and replies, those of HTTP/2 have too.
 */
export function tlsOptions({ cert, key }: Certificate): object {
  const https: SecureServerOptions = {
    cert,
    key,
    allowHTTP1: true,
    settings: { maxConcurrentStreams: maxStreams },
    maxSessionMemory: maxSessionMegabytes,
  }
  return { http2: true, https }
}

/**
 * Takes renewed files without a restart, and closes with the server, which was made with `tlsOptions`.
 * @param names those of the certificate that is in use.
 */
export function keepTls(
  server: FastifyInstance,
  paths: CertificatePaths,
  names: Pick<Certificate, 'isFor'>,
  {
    requestTimeoutMs,
    renewEveryMs = 10_000,
  }: { requestTimeoutMs: number; renewEveryMs?: number | undefined },
  log: Log,
): void {
  const tlsServer = server.server
  if (!(tlsServer instanceof TlsServer)) throw new TypeError('this server speaks no TLS')
  // Fastify sets these for servers of HTTP/1.1 only.
  tlsServer.requestTimeout = requestTimeoutMs
  tlsServer.keepAliveTimeout = server.initialConfig.keepAliveTimeout ?? 0
  const renew = () => {
    try {
      const { cert, key, validTo, isFor } = readCertificate(paths)
      tlsServer.setSecureContext({ cert, key })
      names.isFor = isFor
      log.info({ validTo }, 'renewed certificate in use')
    } catch (error) {
      // Certificate and key are written one after the other: the second one is another change.
      log.error({ reason: messageOf(error) }, 'the changed certificate is not used, the one before stays')
    }
  }
  const { certPath, keyPath } = paths
  // By their paths: renewals often swap symbolic links, which other watchers miss.
  for (const path of [certPath, keyPath])
    watchFile(path, { interval: renewEveryMs, persistent: false }, renew)

  const sessions = new Set<Http2Session>()
  tlsServer.on('session', (session: Http2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.addHook('preClose', async () => {
    for (const path of [certPath, keyPath]) unwatchFile(path, renew)
    // Fastify's forceCloseConnections waits for open streams of HTTP/2, and misses HTTP/1.1 beside it.
    for (const session of sessions) session.destroy()
    HttpServer.prototype.closeAllConnections.call(tlsServer)
  })
}
