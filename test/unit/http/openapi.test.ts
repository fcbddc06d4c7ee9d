import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { registerApi } from '../../../src/http/api.ts'
import { apiPage, openApiDocument } from '../../../src/http/openapi.ts'
import { registerTargets } from '../../../src/http/targets.ts'
import type { Registry } from '../../../src/streams/registry.ts'
import type { Targets } from '../../../src/targets/targets.ts'

test('describes every route of the API, and no other', async () => {
  const server = Fastify()
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD' && !/\/(docs|openapi\.json)$/.test(url)) {
      routes.push(`${String(method).toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`)
    }
  })
  // Nothing is asked of them.
  registerApi(server, {} as Registry)
  registerTargets(server, {} as Targets)
  await server.ready()
  const described = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect(described.sort()).toEqual(routes.sort())
  await server.close()
})

test('names what a body holds', () => {
  const { NewTarget, TargetChanges } = openApiDocument().components.schemas
  expect(Object.keys(NewTarget.properties ?? {})).toEqual(['name', 'kind', 'url', 'key', 'enabled'])
  expect(NewTarget).toMatchObject({ required: ['name'], additionalProperties: false })
  expect(Object.keys(TargetChanges.properties ?? {})).toEqual(['kind', 'url', 'key', 'enabled'])
})

test('is a page, too', () => {
  expect(apiPage()).toContain('POST /api/streams/{stream}/targets/{target}/retry')
  expect(apiPage()).toContain('TOO_MANY_TARGETS')
})
