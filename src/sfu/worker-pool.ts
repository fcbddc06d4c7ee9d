import { createWorker } from 'mediasoup'
import type {
  Router,
  RouterRtpCodecCapability,
  TransportListenInfo,
  WebRtcServer,
  Worker,
} from 'mediasoup/types'
import { type BackoffRule, backoffMs } from '../backoff.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { mediaCodecs } from './codecs.ts'
import type { MediaRouter } from './media-router.ts'
import { watchWorker } from './worker-watch.ts'

const restartBackoff: BackoffRule = { firstMs: 500, maxMs: 30_000, jitter: 0.2 }
/** A worker that lived this long was healthy: its next restart begins with the shortest delay again. */
const healthyMs = 60_000
/** Time that a worker has to end when it is closed. */
const graceMs = 3_000

export type WorkerPoolOptions = {
  count: number
  /** Address on which WebRTC listens. */
  host: string
  /** Worker number n listens on `firstPort + n`, UDP and TCP. */
  firstPort: number
  announcedAddress: string | null
  /** Path of the mediasoup-worker binary; null for mediasoup's own. */
  workerBin: string | null
  log: Log
}

type Slot = {
  port: number
  worker: Worker | null
  webRtcServer: WebRtcServer | null
  /** Those of the present worker. */
  routers: Set<Router>
  /** Routers that are being made. */
  pending: number
  failures: number
  startedAtMs: number
  restartTimer: NodeJS.Timeout | undefined
}

/** The mediasoup workers. One that dies is replaced with backoff; what ran in it is gone. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #slots: Slot[] = []
  #closed = false

  private constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** @throws GatewayError INTERNAL when a worker can't start or its port is in use. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    for (let index = 0; index < options.count; index += 1) {
      const slot: Slot = {
        port: options.firstPort + index,
        worker: null,
        webRtcServer: null,
        routers: new Set(),
        pending: 0,
        failures: 0,
        startedAtMs: 0,
        restartTimer: undefined,
      }
      pool.#slots.push(slot)
      try {
        await pool.#fill(slot)
      } catch (error) {
        await pool.close()
        const text = `The mediasoup worker for port ${slot.port} can't start: ${messageOf(error)}.`
        throw new GatewayError('INTERNAL', `${text}${hint(messageOf(error))}`, { cause: error })
      }
    }
    return pool
  }

  /** How many workers are up, of how many. */
  get health(): { up: number; wanted: number } {
    return { up: this.#slots.filter((slot) => slot.worker).length, wanted: this.#slots.length }
  }

  /** Process ids of the workers that are up, for measurements. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => (slot.worker ? [slot.worker.pid] : []))
  }

  /**
   * What the worker processes themselves count, for tests and measurements. `handlers`: everything in them that takes
   * requests, such as routers, transports, producers and consumers.
   */
  async usage(): Promise<{ routers: number; handlers: number }> {
    const usage = { routers: 0, handlers: 0 }
    for (const { worker } of this.#slots) {
      if (!worker) continue
      const { routerIds, channelMessageHandlers } = await worker.dump()
      usage.routers += routerIds.length
      usage.handlers += channelMessageHandlers.channelRequestHandlers.length
    }
    return usage
  }

  /**
   * A new router on the worker with the fewest.
   * @param onDied called once when its worker dies; not after `close()`.
   * @throws GatewayError WORKER_DIED when no worker is up.
   */
  async createMediaRouter(
    onDied: () => void,
    codecs: RouterRtpCodecCapability[] = mediaCodecs,
  ): Promise<MediaRouter> {
    const slot = this.#slots.filter(({ worker }) => worker).sort((a, b) => loadOf(a) - loadOf(b))[0]
    if (!slot?.worker || !slot.webRtcServer) {
      throw new GatewayError('WORKER_DIED', 'The media worker is restarting. Try again in a moment.')
    }
    const { webRtcServer } = slot
    slot.pending += 1
    try {
      const router = await slot.worker.createRouter({ mediaCodecs: codecs })
      router.once('workerclose', onDied)
      // Routers of a worker that died also close after it was replaced: they count in their own set.
      const { routers } = slot
      routers.add(router)
      router.observer.once('close', () => routers.delete(router))
      return {
        router,
        webRtcServer,
        close() {
          router.removeAllListeners('workerclose')
          router.close()
        },
      }
    } catch (error) {
      throw new GatewayError('WORKER_DIED', 'The media worker is restarting. Try again in a moment.', {
        cause: error,
      })
    } finally {
      slot.pending -= 1
    }
  }

  /** Resolves when the worker processes are gone. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(
      this.#slots.map((slot) => {
        clearTimeout(slot.restartTimer)
        const { worker } = slot
        slot.worker = null
        slot.webRtcServer = null
        if (!worker || worker.subprocessClosed) return undefined
        const gone = new Promise<void>((resolve) => worker.once('subprocessclose', () => resolve()))
        worker.close()
        const hung = setTimeout(() => kill(worker), graceMs)
        return gone.finally(() => clearTimeout(hung))
      }),
    )
  }

  async #fill(slot: Slot): Promise<void> {
    const { host, announcedAddress, workerBin, log } = this.#options
    const worker = await createWorker({ logLevel: 'warn', ...(workerBin ? { workerBin } : {}) })
    const listenInfo = (protocol: 'udp' | 'tcp'): TransportListenInfo => ({
      protocol,
      ip: host,
      port: slot.port,
      ...(announcedAddress ? { announcedAddress } : {}),
    })
    try {
      slot.webRtcServer = await worker.createWebRtcServer({
        listenInfos: [listenInfo('udp'), listenInfo('tcp')],
      })
    } catch (error) {
      worker.close()
      throw error
    }
    if (this.#closed) {
      worker.close()
      return
    }
    slot.worker = worker
    slot.startedAtMs = performance.now()
    const unwatch = watchWorker(worker, () => {
      log.error({ pid: worker.pid, rtcPort: slot.port }, 'worker does not answer and is killed')
      kill(worker)
    })
    worker.once('subprocessclose', unwatch)
    worker.once('died', (error) => this.#replace(slot, error))
    log.info({ pid: worker.pid, rtcPort: slot.port }, 'worker is up')
  }

  #replace(slot: Slot, reason: Error): void {
    slot.worker = null
    slot.webRtcServer = null
    slot.routers = new Set()
    if (this.#closed) return
    slot.failures = performance.now() - slot.startedAtMs > healthyMs ? 1 : slot.failures + 1
    const delayMs = backoffMs(restartBackoff, slot.failures, Math.random())
    this.#options.log.error(
      { rtcPort: slot.port, reason: messageOf(reason), delayMs },
      'worker died and will be replaced',
    )
    slot.restartTimer = setTimeout(() => {
      this.#fill(slot).catch((error) => {
        if (!this.#closed) this.#replace(slot, error instanceof Error ? error : new Error(String(error)))
      })
    }, delayMs)
  }
}

/** Ends a worker that may be hung; its 'died' or 'subprocessclose' follows. */
function kill(worker: Worker): void {
  try {
    process.kill(worker.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: it was gone already.
    if (!/ESRCH/.test(messageOf(error))) throw error
  }
}

/** How much a worker has to do, as far as is known. */
function loadOf({ routers, pending }: Slot): number {
  return routers.size + pending
}

/** Which setting mends what keeps a worker from starting. */
function hint(message: string): string {
  if (/address already in use/.test(message)) return ' Set SLUICE_RTC_PORT to another one.'
  if (/address not available/.test(message)) return ' Set SLUICE_RTC_HOST to an address of this machine.'
  if (/ENOENT|EACCES/.test(message)) return ' Set MEDIASOUP_WORKER_BIN to a mediasoup-worker.'
  return ''
}
