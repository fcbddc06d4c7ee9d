import { networkInterfaces } from 'node:os'
import type { RtcConfig } from './sections/rtc-config.ts'

/** Address that goes into ICE candidates: the configured one, else the first of this machine when listening on all. */
export function announcedAddress(config: Pick<RtcConfig, 'announcedAddress' | 'rtcHost'>): string | null {
  if (config.announcedAddress !== null || config.rtcHost !== '0.0.0.0') return config.announcedAddress
  const external = Object.values(networkInterfaces())
    .flat()
    .find((face) => face && !face.internal && face.family === 'IPv4')
  return external?.address ?? '127.0.0.1'
}
