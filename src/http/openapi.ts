import { z } from 'zod'
import { targetChangesSchema, targetInputSchema } from '../config/target-config.ts'
import { errorCodes } from '../errors.ts'

type Operation = {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  summary: string
  /** Name of the body's schema. */
  body?: keyof typeof bodies
  /** Statuses beside the one of success. */
  errors: readonly number[]
  success: { status: number; what: string }
}

const bodies = {
  NewTarget: z.toJSONSchema(targetInputSchema, { io: 'input', target: 'openapi-3.0' }),
  TargetChanges: z.toJSONSchema(targetChangesSchema, { io: 'input', target: 'openapi-3.0' }),
}

const targetsPath = '/api/streams/{stream}/targets'
const targetPath = `${targetsPath}/{target}`
const aTarget = { status: 200, what: 'the target' }

const operations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/streams',
    summary: 'All streams: state, tracks, packager, HLS, targets',
    errors: [],
    success: { status: 200, what: '{ "streams": [ … ] }' },
  },
  {
    method: 'get',
    path: '/api/streams/{stream}',
    summary: 'One of them',
    errors: [400, 404],
    success: { status: 200, what: 'the stream' },
  },
  {
    method: 'get',
    path: targetsPath,
    summary:
      'All RTMP targets of a stream, live or not, with the last changes of their states; * for those of all streams',
    errors: [400],
    success: { status: 200, what: '{ "targets": [ … ] }' },
  },
  {
    method: 'post',
    path: targetsPath,
    summary: 'Adds a target. Its key is never given back',
    body: 'NewTarget',
    errors: [400, 403, 409, 413, 415, 429, 500],
    success: { status: 201, what: 'the target; Location is its address' },
  },
  {
    method: 'get',
    path: targetPath,
    summary: 'One target',
    errors: [400, 404],
    success: aTarget,
  },
  {
    method: 'patch',
    path: targetPath,
    summary: 'Changes a target; its push starts anew',
    body: 'TargetChanges',
    errors: [400, 403, 404, 409, 413, 415, 500],
    success: aTarget,
  },
  {
    method: 'delete',
    path: targetPath,
    summary: 'Removes a target; answered when its push is gone',
    errors: [400, 403, 404, 409, 500],
    success: { status: 204, what: 'nothing' },
  },
  {
    method: 'post',
    path: `${targetPath}/start`,
    summary: 'Switches a target on, which is kept',
    errors: [400, 403, 404, 429, 500],
    success: aTarget,
  },
  {
    method: 'post',
    path: `${targetPath}/stop`,
    summary: 'Switches a target off, which is kept',
    errors: [400, 403, 404, 429, 500],
    success: aTarget,
  },
  {
    method: 'post',
    path: `${targetPath}/retry`,
    summary: 'Ends the wait for the next attempt',
    errors: [400, 403, 404, 409],
    success: aTarget,
  },
]

/** The description of the REST API, as OpenAPI 3.0 has it. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) }
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Sluice',
      version: '1',
      description: 'Answers are JSON; an error is { "error": { "code", "message" } }.',
    },
    paths,
    components: { schemas: { ...bodies, Error: errorSchema } },
  }
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', enum: Object.keys(errorCodes) },
        message: { type: 'string', description: 'For people.' },
      },
    },
  },
}

function describe({ path, summary, body, errors, success }: Operation): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const error = {
    description: 'What is wrong.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
  return {
    summary,
    parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${body}` } } },
      },
    }),
    responses: {
      [success.status]: { description: success.what },
      ...Object.fromEntries(errors.map((status) => [status, error])),
    },
  }
}

/** The same for people: one row per operation. */
export function apiPage(): string {
  const rows = operations.map(
    ({ method, path, summary, body, success }) =>
      `<tr><th scope="row"><code>${method.toUpperCase()} ${path}</code></th><td>${summary}.${
        body ? ` Body: <a href="#${body}">${body}</a>.` : ''
      }</td><td>${success.status}: ${escaped(success.what)}</td></tr>`,
  )
  const schemas = Object.entries(bodies).map(
    ([name, schema]) => `<h2 id="${name}">${name}</h2><pre>${escaped(JSON.stringify(schema, null, 2))}</pre>`,
  )
  const errors = Object.entries(errorCodes).map(
    ([code, { status }]) => `<tr><th scope="row"><code>${code}</code></th><td>${status}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Sluice</title>
<h1>API</h1>
<p>Answers are JSON. For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
<table>${rows.join('\n')}</table>
${schemas.join('\n')}
<h2>Errors</h2>
<p>An error is <code>{ "error": { "code", "message" } }</code>.</p>
<table>${errors.join('\n')}</table>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
