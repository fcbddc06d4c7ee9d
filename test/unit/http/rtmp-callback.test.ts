import { afterEach, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { registerRtmpCallback } from '../../../src/http/rtmp-callback.ts'
import { createServer } from '../../../src/http/server.ts'
import { createLog } from '../../../src/log.ts'
import type { PublishQuestion } from '../../../src/push/connection/rtmp-publish-check.ts'

let cleanup = new Cleanup()
afterEach(async () => {
  await cleanup.run()
  cleanup = new Cleanup()
})

/** What nginx-rtmp asks, from 127.0.0.1, with a proxy on the same machine that the gateway trusts. */
async function ask(headers: Record<string, string> = {}) {
  const asked: PublishQuestion[] = []
  const config = loadConfig({ SLUICE_TRUSTED_PROXIES: '127.0.0.1' }, null)
  const server = await createServer(
    { ...config.http, ...config.limits },
    createLog({ level: 'silent', pretty: false }),
  )
  cleanup.defer(() => server.close())
  registerRtmpCallback(server, async (question) => asked.push(question) > 0)
  const { statusCode } = await server.inject({
    ...{ method: 'POST', url: '/internal/rtmp/on_publish' },
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: 'call=publish&app=live&name=show&addr=192.0.2.7',
  })
  return { statusCode, asked }
}

test('the question of an RTMP server is judged by the address of its connection', async () => {
  expect(await ask()).toEqual({
    statusCode: 204,
    asked: [{ app: 'live', name: 'show', publisherAddress: '192.0.2.7', askedFrom: '127.0.0.1' }],
  })
})

test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
  'one that a proxy passed on with %s is no question of an RTMP server',
  async (name) => expect(await ask({ [name]: '172.31.77.3' })).toEqual({ statusCode: 404, asked: [] }),
)
