import type { Cleanup } from '../../src/cleanup.ts'
import { startBrowser, type TestBrowser } from '../../test/support/browsers/chromium.ts'
import { installClockCamera, readClockAgeMs } from '../../test/support/clock-camera.ts'
import type { ClipCodec } from './clips.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { until } from './until.ts'

const timeoutMs = 60_000
/** A clock that was read while it changed shows anything. */
const plausibleMs = 30_000

/** A gateway in a process of its own, and two Chromium processes: one that publishes a clock, one that shows it. */
export async function goLive(
  codec: ClipCodec,
  cleanup: Cleanup,
): Promise<{ viewer: TestBrowser; watchUrl: string }> {
  const gateway = await startGatewayProcess()
  cleanup.defer(async () => {
    await gateway.close()
    for (const line of gateway.complaints) console.error(`  gateway: ${line}`)
  })
  const publisher = await startBrowser()
  cleanup.defer(() => publisher.close())
  const viewer = await startBrowser()
  cleanup.defer(() => viewer.close())
  await installClockCamera(publisher.page, { width: 1280, height: 720, framesPerSecond: 30 })
  await publisher.page.goto(`${gateway.url}/publish/live?codec=${codec}`)
  const watchUrl = `${gateway.url}/watch/live`
  await viewer.page.goto(watchUrl)
  await publisher.page.getByRole('button', { name: 'Go live' }).click()
  await until('a picture plays', timeoutMs, async () => isPlausible(await readClockAgeMs(viewer.page)))
  return { viewer, watchUrl }
}

/** Whether an age that was read from a picture can be true. */
export function isPlausible(ageMs: number | null): ageMs is number {
  return ageMs !== null && ageMs > 0 && ageMs < plausibleMs
}
