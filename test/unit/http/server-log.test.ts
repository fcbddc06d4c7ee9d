import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createServer } from '../../../src/http/server.ts'
import { createLog } from '../../../src/log.ts'

test('a request that fails is logged with its path, and without its query', async () => {
  const lines: string[] = []
  const log = createLog({
    level: 'info',
    pretty: false,
    destination: { write: (line) => void lines.push(line) },
  })
  const config = loadConfig({}, null)
  const server = await createServer({ ...config.http, ...config.limits }, log)
  server.get('/broken/:what', async () => {
    throw new Error('out of order')
  })
  await server.inject({ url: '/broken/lift?key=secret' })
  await server.close()
  const line = lines.find((text) => text.includes('request failed'))
  expect(JSON.parse(line ?? '')).toMatchObject({ method: 'GET', path: '/broken/lift' })
  expect(line).not.toContain('secret')
})
