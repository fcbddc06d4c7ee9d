import { readFile } from 'node:fs/promises'
import { announcedAddress } from '../../config/announced-address.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { RestreamConfig } from '../../config/sections/restream-config.ts'
import type { RtcConfig } from '../../config/sections/rtc-config.ts'
import { messageOf } from '../../errors.ts'
import { checkedAddresses, createDial, type Dial } from './dial.ts'
import { ownAddresses } from './own-addresses.ts'

/** Longest wait for the name server when an address is added; one that is not known then is checked later. */
const checkHostMs = 3_000

/** Connections to where operators say: of targets and webhooks. */
export type Outbound = {
  dial: Dial
  /** Looks a host up. @throws DialError when nothing may go there. */
  checkHost: (host: string) => Promise<void>
}

/** @throws ConfigError when the file with certificates can't be read. */
export async function createOutbound({
  restream: config,
  rtc,
}: {
  restream: RestreamConfig
  rtc: RtcConfig
}): Promise<Outbound> {
  const rules = {
    allowPrivate: config.restreamAllowPrivate,
    allow: config.restreamAllow,
    deny: config.restreamDeny,
    // Behind NAT, the announced address leads back here as well.
    own: () => [...ownAddresses(), announcedAddress(rtc) ?? []].flat(),
  }
  const extraCa = config.restreamCaFile === null ? null : await readCaFile(config.restreamCaFile)
  return {
    dial: createDial({ rules, verifyTls: config.restreamVerifyTls, extraCa }),
    async checkHost(host) {
      await checkedAddresses(rules, host, false, AbortSignal.timeout(checkHostMs))
    },
  }
}

async function readCaFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = `SLUICE_RESTREAM_CA_FILE (restreamCaFile) can't be read: ${messageOf(error)}`
    throw new ConfigError([why])
  }
}
