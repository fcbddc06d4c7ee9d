import type { Cleanup } from '../../../src/cleanup.ts'
import type { TestGateway } from '../gateway.ts'

/** What one kind of input is thrown at. */
export type FuzzTarget = { gateway: TestGateway; cleanup: Cleanup }

/** How often the gateway gave each kind of answer. */
export type Outcomes = Map<string, number>

export type FuzzSurface = {
  name: string
  /** The part of all inputs that goes here. */
  share: number
  /**
   * Throws so many inputs at the gateway, the same ones for the same seed.
   * @throws FuzzFinding for an answer that must not be.
   */
  run(target: FuzzTarget, inputs: number, seed: number): Promise<Outcomes>
}

/** Something that an input must not bring about, with the input. */
export class FuzzFinding extends Error {
  constructor(what: string, input: unknown) {
    const shown =
      typeof input === 'string'
        ? JSON.stringify(input)
        : Buffer.isBuffer(input)
          ? input.toString('hex')
          : JSON.stringify(input)
    super(`${what}; the input was ${(shown ?? '').slice(0, 4_000)}`)
    this.name = 'FuzzFinding'
  }
}

export function note(outcomes: Outcomes, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
}
