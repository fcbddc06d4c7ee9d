import type { TargetConfig } from '../../src/config/target-config.ts'
import { createDial } from '../../src/push/connection/dial.ts'
import { TargetHistory } from '../../src/push/target-history.ts'

/** What a target needs besides a feed and a log, for servers on this machine that the operator trusts. */
export function targetOptions(config: Partial<TargetConfig> & { url: string }) {
  return {
    stream: 'show',
    config: { name: 'one', kind: 'rtmp', key: '', enabled: true, ...config } as const,
    trusted: true,
    dial: createDial({
      rules: { allowPrivate: false, allow: [], deny: [], own: () => [] },
      ...{ verifyTls: true, extraCa: null },
    }),
    history: new TargetHistory(),
    ffmpegBinary: 'ffmpeg',
  }
}
