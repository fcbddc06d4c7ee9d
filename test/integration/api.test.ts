import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ApiAnswers } from '../support/api-answers.ts'
import { freePort } from '../support/free-ports.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  const url = `rtmp://127.0.0.1:${await freePort()}/live`
  gateway = await startGateway({ SLUICE_TARGETS: JSON.stringify({ '*': [{ name: 'nobody', url }] }) })
})
afterAll(() => gateway.close())

test('what the API answers about a live stream is as documented', async () => {
  const answers = new ApiAnswers(await (await fetch(`${gateway.url}/api/openapi.json`)).json())
  await gateway.app.startDemo()
  await vi.waitFor(
    () => {
      const demo = gateway.snapshot('demo')
      expect(demo).toMatchObject({ state: 'live', hls: { playable: true } })
      // With an error and the media's profile in it.
      expect(demo?.targets[0]?.state).toBe('retrying')
    },
    { timeout: 20_000 },
  )
  for (const path of ['', '/demo', '/demo/targets', '/demo/targets/nobody']) {
    const url = `/api/streams${path}`
    const answer = await fetch(`${gateway.url}${url}`)
    const body = await answer.text()
    expect(body).toContain('"errorClass":"refused"')
    answers.check('GET', url, answer.status, body)
  }
})
