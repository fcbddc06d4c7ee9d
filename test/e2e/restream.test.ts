import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { probe } from '../support/ffprobe.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { freePort, type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { untilState } from '../support/pages.ts'

const key = `secret-${randomUUID()}`
const soon = { timeout: 20_000 }

let rtmp: NginxRtmp
let gateway: TestGateway
let browser: TestBrowser

beforeAll(async () => {
  rtmp = await startNginxRtmp()
  gateway = await startGateway({ SLUICE_RESTREAM_ALLOW: '127.0.0.1' })
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
  await rtmp?.stop()
})

it('a person adds targets, sees how they are doing, and switches them', async () => {
  // The width of a phone.
  browser = await startBrowser({ viewport: { width: 390, height: 844 } })
  const { page } = browser
  await page.goto(`${gateway.url}/publish/show`)
  const add = async (name: string, address: string) => {
    await page.getByText('Add a target').click()
    await page.getByLabel('Kind').selectOption('rtmp')
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Server address').fill(address)
    await page.getByLabel('Stream key').fill(key)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
  }
  const row = (name: string) => page.locator('#targets li', { hasText: name })
  const says = (name: string, text: string) => row(name).locator('p', { hasText: text }).first().waitFor(soon)

  await add('Inside', 'rtmp://10.0.0.1/live')
  await page.getByText('The address is in a private network').waitFor(soon)
  // What was written is still there, to be put right.
  await page.getByLabel('Server address').fill(rtmp.url)
  await page.getByLabel('Name').fill('Good')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await says('Good', 'Ready: starts when the stream is live')
  await add('Bad', `rtmp://127.0.0.1:${await freePort()}/live`)

  await page.getByRole('button', { name: 'Go live' }).click()
  await untilState(page, 'live')
  await says('Good', 'Live for')
  await says('Bad', 'trying again in')
  await says('Bad', 'The connection was refused')
  expect((await probe(`${rtmp.url}/${key}`, 3)).streams).toHaveLength(2)
  // Nothing may be wider than the screen.
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)

  await page.getByRole('button', { name: 'Switch off Good' }).click()
  await says('Good', 'Off')
  expect(gateway.snapshot('show')).toMatchObject({ state: 'live' })
  await page.getByRole('button', { name: 'Switch on Good' }).click()
  await says('Good', 'Live for')
  page.once('dialog', (dialog) => void dialog.accept())
  await page.getByRole('button', { name: 'Remove Bad' }).click()
  await row('Bad').waitFor({ state: 'detached' })
  expect(await page.content()).not.toContain(key)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await untilState(page, 'idle')
})
