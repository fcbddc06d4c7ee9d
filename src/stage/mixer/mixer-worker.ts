import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { createLog } from '../../log.ts'
import { Mixer } from './mixer.ts'
import type { FromMixer, MixerThreadData, ToMixer } from './mixer-protocol.ts'
import { TextCards } from './text-cards.ts'

/** How often the stage learns of levels, delays and processes. */
const statsEveryMs = 250

/** The mixer's thread: everything of it happens here, so that nothing else in the gateway can hold its clock up. */
function run(data: MixerThreadData): void {
  const port = parentPort
  if (!port) throw new Error('the mixer runs in a worker thread only')
  const send = (message: FromMixer): void => port.postMessage(message)
  const log = createLog({ level: data.logLevel, pretty: false })
  const mixer = new Mixer({
    binary: data.ffmpegBinary,
    settings: data.settings,
    cards: new TextCards(data.ffmpegBinary, log),
    onPacket: (packet) => send({ type: 'packet', ...packet }),
    onInputStarted: (id, pid) => send({ type: 'input-started', id, pid }),
    log,
  })
  send({ type: 'begun', startedAtMs: mixer.startedAtMs })
  const timer = setInterval(() => send({ type: 'stats', stats: mixer.stats() }), statsEveryMs)
  port.on('message', (message: ToMixer) => {
    if (message.type === 'add') mixer.add(message.input)
    else if (message.type === 'fed') mixer.setFed(message.id, message.fed)
    else if (message.type === 'scene') mixer.setScene(message.scene)
    else if (message.type === 'remove') {
      mixer
        .remove(message.id)
        .catch((error) => log.error({ error: messageOf(error) }, 'closing an input failed'))
    } else {
      clearInterval(timer)
      mixer.close().then(
        () => port.close(),
        (error) => {
          log.error({ error: messageOf(error) }, 'closing the mixer failed')
          port.close()
        },
      )
    }
  })
}

run(workerData)
