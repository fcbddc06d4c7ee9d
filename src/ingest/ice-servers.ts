import { createHmac } from 'node:crypto'
import type { RtcConfig } from '../config/sections/rtc-config.ts'

export type IceServerSettings = Pick<RtcConfig, 'stunUrls' | 'turnUrls' | 'turnSecret'>

/** As browsers take it (RTCIceServer). */
export type IceServer = { urls: string; username?: string; credential?: string }

/** Long enough for a session to begin; a relayed connection goes on after it, as long as it is refreshed. */
const validSeconds = 12 * 3600

/**
 * The STUN and TURN servers for one client. A TURN password is made for each client and expires: coturn works it out
 * from the time in the user name and the common secret (draft-uberti-behave-turn-rest-00). Pure.
 */
export function iceServers(
  { stunUrls, turnUrls, turnSecret }: IceServerSettings,
  nowMs: number,
): IceServer[] {
  const stun = stunUrls.map((urls) => ({ urls }))
  if (turnSecret === null) return stun
  const username = `${Math.floor(nowMs / 1000) + validSeconds}:sluice`
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64')
  return [...stun, ...turnUrls.map((urls) => ({ urls, username, credential }))]
}
