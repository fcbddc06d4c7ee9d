import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { clip } from '../support/clip.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { freePort, type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { publishTracks } from '../support/publish-tracks.ts'
import { runTool, testFfmpeg } from '../support/run-tool.ts'
import { TargetsClient } from '../support/targets-client.ts'

const cleanup = new Cleanup()
let gateway: TestGateway
let nginx: NginxRtmp

beforeAll(async () => {
  const port = await freePort()
  const target = { name: 'own', url: `rtmp://127.0.0.1:${port}/live`, key: 'key-of-{stream}?more=1' }
  gateway = await startGateway({
    SLUICE_TARGETS: JSON.stringify({ '*': [target] }),
    SLUICE_RESTREAM_ALLOW_PRIVATE: 'true',
  })
  cleanup.defer(() => gateway.close())
  nginx = await startNginxRtmp({ port, onPublish: `${gateway.url}/internal/rtmp/on_publish` })
  cleanup.defer(() => nginx.stop())
})
afterAll(() => cleanup.run())

describe('nginx-rtmp that asks the gateway about every stream', () => {
  test('takes what the gateway pushes, and nothing from others', async () => {
    await expect(publishSomething('key-of-show')).rejects.toThrow(
      /Input\/output error|Operation not permitted/,
    )

    const publisher = await publishTracks(gateway, 'show', ['video', 'audio'])
    await publisher.send(await clip(), 'video/H264', 'audio/opus')
    // The whole snapshot, so that a failure of this test says why there was none.
    const push = () => gateway.snapshot('show')?.targets[0]
    await expect.poll(push, { timeout: 20_000 }).toMatchObject({ state: 'live' })
    expect(push()).toMatchObject({ failures: 0, lastError: null })

    await expect(publishSomething('other')).rejects.toThrow()
    // It is the gateway's, and taken.
    await expect(publishSomething('key-of-show')).rejects.toThrow()
    expect(push()).toMatchObject({ state: 'live' })
    // The name exists; that is for nobody to know.
    expect(await ask({ name: 'key-of-show' })).toEqual(await ask({ name: 'other' }))
    await publisher.leave('stopped')
  })

  test.each([
    { name: 'for a name that nobody pushes', question: {} },
    { name: 'for another call', question: { call: 'play' } },
    { name: 'without a name', question: { name: undefined } },
  ])('is answered 404 $name', async ({ question }) => {
    const { status, body } = await ask(question)
    expect(status).toBe(404)
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})

test("an API user's target does not publish under another stream's name", async () => {
  const publisher = await publishTracks(gateway, 'mine', ['video', 'audio'])
  const targets = new TargetsClient(gateway.url, 'mine')
  await targets.add({ name: 'foreign', url: nginx.url, key: 'theirs' })
  await publisher.send(await clip(), 'video/H264', 'audio/opus')
  const push = (name: string) => gateway.snapshot('mine')?.targets.find((target) => target.name === name)
  await expect.poll(() => push('foreign'), { timeout: 20_000 }).toMatchObject({ state: 'refused' })
  await targets.add({ name: 'own name', url: nginx.url, key: 'mine' })
  await expect.poll(() => push('own name'), { timeout: 20_000 }).toMatchObject({ state: 'live' })
  await publisher.leave('stopped')
})

test('other routes take no forms, which any page could send', async () => {
  const body = new URLSearchParams({ name: 'x' })
  const response = await fetch(`${gateway.url}/api/streams/show/targets`, { method: 'POST', body })
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(response.status).toBeLessThan(500)
})

/** Somebody else who publishes; resolves when the server has taken all of it. */
async function publishSomething(name: string): Promise<void> {
  const media = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10', '-t', '1', '-c:v', 'libx264', '-g', '5']
  await runTool(testFfmpeg, ['-v', 'error', '-re', ...media, '-f', 'flv', `${nginx.url}/${name}`])
}

async function ask(question: Record<string, string | undefined>): Promise<{ status: number; body: string }> {
  const fields = { call: 'publish', app: 'live', name: 'nobody', addr: '127.0.0.1', ...question }
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
  const response = await fetch(`${gateway.url}/internal/rtmp/on_publish`, { method: 'POST', body })
  return { status: response.status, body: await response.text() }
}
