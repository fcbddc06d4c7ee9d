const timeoutMs = 15_000

/** The gateway refused; `status` is of HTTP. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'Refusal'
    this.status = status
  }
}

/**
 * Asks the gateway's API with the session of this browser.
 * @returns the JSON that it answers.
 * @throws Refusal with the gateway's own words, and TypeError when it can't be reached.
 */
export async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const response = await send(method, path, body)
  const answer: Answer = await response.json()
  return answer
}

/** The same for what is answered without anything to read. */
export async function send(method: string, path: string, body?: object): Promise<Response> {
  const response = await fetch(path, {
    method,
    cache: 'no-store',
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.ok) return response
  const answer: { error?: { message?: string } } = await response.json().catch(() => ({}))
  throw new Refusal(response.status, answer.error?.message ?? `The gateway answered ${response.status}.`)
}
