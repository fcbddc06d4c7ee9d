import { z } from 'zod'

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        responses: z.record(
          z.string(),
          z.object({
            description: z.string(),
            content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })).optional(),
          }),
        ),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

/** Checks answers against an OpenAPI document, as a client that was made from it would, and counts what it has seen. */
export class ApiAnswers {
  readonly #document: z.infer<typeof documentSchema>
  readonly #seen = new Set<string>()

  /** @param document what `/api/openapi.json` answers. */
  constructor(document: unknown) {
    this.#document = documentSchema.parse(document)
  }

  /** Every documented answer, as `get /api/streams/{stream} 404`. */
  get documented(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method} ${path} ${status}`),
      ),
    )
  }

  /** Documented answers that were not checked. */
  get missing(): string[] {
    return this.documented.filter((answer) => !this.#seen.has(answer))
  }

  /**
   * @param body the answer's text.
   * @throws Error when the document does not have such an answer, ZodError when its body does not fit.
   */
  check(method: string, url: string, status: number, body: string): void {
    const [asked = ''] = url.split('?')
    const operations = Object.entries(this.#document.paths).filter(([path]) => pathPattern(path).test(asked))
    const [path, operation] = operations[0] ?? []
    const answer = operation?.[method.toLowerCase()]?.responses[status]
    const name = `${method.toLowerCase()} ${path ?? url} ${status}`
    if (!answer) throw new Error(`${name} is not documented: ${body}`)
    this.#seen.add(name)
    const schema = answer.content?.['application/json']?.schema
    if (!schema) {
      if (body !== '') throw new Error(`${name} has no body by the document: ${body}`)
      return
    }
    const standalone: unknown = JSON.parse(
      JSON.stringify({ ...schema, $defs: this.#document.components.schemas }).replaceAll(
        '#/components/schemas/',
        '#/$defs/',
      ),
    )
    z.fromJSONSchema(z.record(z.string(), z.unknown()).parse(standalone)).parse(JSON.parse(body))
  }
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
}
