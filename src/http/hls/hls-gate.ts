import type { Access } from '../../auth/access.ts'
import { GatewayError } from '../../errors.ts'

/**
 * Who may have a stream's playlists. Only they are asked for: segments and parts have names that can't be guessed, and
 * the same address for all viewers, so that caches can share them.
 */
export type HlsGate = {
  /** Whether a stream's playlists need no token. */
  isOpen(stream: string): boolean
  /** Whether a token that was verified before is still good for a stream. At once, for each playlist. */
  isKnown(token: string, stream: string): boolean
  /** Verifies a token. @throws GatewayError FORBIDDEN, TOO_MANY_REQUESTS */
  admit(token: string, stream: string, address: string): Promise<void>
}

export function hlsGate(access: Access): HlsGate {
  return {
    isOpen: (stream) => access.watchableByAll(stream),
    isKnown(token, stream) {
      if (access.mode === 'open') return true
      const player = access.playTokens.known(token)
      return player !== undefined && access.allows(player, 'watch', stream)
    },
    async admit(token, stream, address) {
      // Keys and API tokens have no place in addresses, which proxies log.
      if (!token.includes('.')) throw noToken(stream)
      try {
        access.check(await access.identify({ bearer: token, session: null, address }), 'watch', stream)
      } catch (error) {
        // Not 401: players can't show another credential.
        if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED')
          throw new GatewayError('FORBIDDEN', error.message, { cause: error })
        throw error
      }
    },
  }
}

export function noToken(stream: string): GatewayError {
  return new GatewayError('FORBIDDEN', `To watch the stream "${stream}", a play token is needed.`)
}
