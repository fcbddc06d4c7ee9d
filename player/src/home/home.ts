import { byId } from '../common/by-id.ts'
import { poll } from '../common/poll.ts'
import { ServerClock } from '../common/server-clock.ts'
import { setText } from '../common/set-text.ts'
import { StreamApi } from '../common/stream-api.ts'
import { startNameForm } from './name-form.ts'
import { renderStreams } from './stream-list.ts'

const refreshMs = 3000

const clock = new ServerClock()
const api = new StreamApi(clock)
const list = byId('streams', HTMLUListElement)
const empty = byId('streams-empty', HTMLElement)
const problem = byId('streams-problem', HTMLElement)

startNameForm()

poll(
  async () => {
    try {
      const streams = (await api.list()).filter((stream) => stream.state !== 'idle')
      renderStreams(list, streams, clock.now())
      empty.hidden = streams.length > 0
      problem.hidden = true
    } catch (error) {
      console.warn('The list of streams cannot be read', error)
      // The last known list stays: it is more use than an empty page.
      setText(problem, 'The gateway cannot be reached. This page tries again by itself.')
      problem.hidden = false
    }
    return refreshMs
  },
  { pauseWhenHidden: true },
)
