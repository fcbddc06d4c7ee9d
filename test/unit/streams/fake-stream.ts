import { GatewayError } from '../../../src/errors.ts'
import { createLog } from '../../../src/log.ts'
import type { PackagerState } from '../../../src/packager/packager-snapshot.ts'
import { Stream } from '../../../src/streams/stream.ts'
import type { OpenPublicationOptions, StreamPublication } from '../../../src/streams/stream-parts.ts'
import type { PublishRequest } from '../../../src/streams/stream-status.ts'
import { fakeOutputs } from './fake-outputs.ts'

export const resumeSeconds = 20
export const endedSeconds = 60

export type FakePublication = StreamPublication & { number: number }

/** A stream without SFU and ffmpeg. `calls` says what it did with its parts, in order. */
export function fakeStream() {
  const { kinds, calls, holdEnds, finishEnds } = fakeOutputs()
  const publications: { options: OpenPublicationOptions; publication: FakePublication }[] = []
  const packagers: ((state: PackagerState, reason: string) => void)[] = []
  const told: string[] = []
  let opening: Promise<void> = Promise.resolve()
  let packagerEnd: Promise<void> = Promise.resolve()
  const stream = new Stream<FakePublication>(
    'show',
    {
      settings: { resumeSeconds, endedSeconds },
      feedBytes: () => Number.POSITIVE_INFINITY,
      outputs: kinds,
      log: createLog({ level: 'silent', pretty: false }),
      async openPublication(options) {
        const number = publications.length + 1
        calls.push(`open publication ${number}`)
        const publication: FakePublication = {
          number,
          announcedKinds: options.kinds,
          tracks: [],
          onTracksChanged: () => () => undefined,
          openTap: async () => await Promise.reject(new Error('there is no SFU')),
          snapshot: () => [],
        }
        publications.push({ options, publication })
        await opening
        return {
          publication,
          watch: async () => await Promise.reject(new Error(`publication ${number} has no viewers`)),
          close: () => void calls.push(`close publication ${number}`),
        }
      },
      startPackager({ onState }) {
        packagers.push(onState)
        const number = packagers.length
        calls.push(`start packager ${number}`)
        return {
          snapshot: () => ({ state: 'waiting', video: 'none', pid: null, failures: 0, lastError: null }),
          async close() {
            calls.push(`stop packager ${number}`)
            await packagerEnd
          },
        }
      },
    },
    () => void calls.push('gone'),
  )
  return {
    stream,
    calls,
    /** What publishers were told when their publication ended. */
    told,
    publications,
    holdEnds,
    finishEnds,
    /** Lets a publisher in; `who` names it in `told`. */
    publish: (who: string, claim: Partial<PublishRequest> = {}) =>
      stream.publish({
        kinds: ['video'],
        principal: 'anonymous',
        onEnd: (error, retry) => void told.push(`${who}: ${error.code}${retry ? ', come back' : ''}`),
        ...claim,
      }),
    /** The newest packager reports a state. */
    async packager(
      state: PackagerState,
      reason = `it is ${state}`,
      number = packagers.length,
    ): Promise<void> {
      packagers[number - 1]?.(state, reason)
      await turns()
    },
    /** The n-th publication ends by itself. */
    async publicationEnds(number: number): Promise<void> {
      publications[number - 1]?.options.onEnd(new GatewayError('WORKER_DIED', 'The worker died.'))
      await turns()
    },
    /** The next publications stay in the making until the returned function is called. */
    holdOpening() {
      const held = Promise.withResolvers<void>()
      opening = held.promise
      return {
        open() {
          opening = Promise.resolve()
          held.resolve()
        },
        fail() {
          opening = Promise.resolve()
          held.reject(new GatewayError('WORKER_DIED', 'No worker is up.'))
        },
      }
    },
    /** Packagers take until the returned function is called to end. */
    holdPackagers(): () => void {
      const held = Promise.withResolvers<void>()
      packagerEnd = held.promise
      return () => {
        packagerEnd = Promise.resolve()
        held.resolve()
      }
    },
    shown: () => `${stream.snapshot().state}: ${stream.snapshot().reason}`,
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}
