import { streamNameFromPath } from '../common/stream-name.ts'
import { startRoomPage } from '../stage/room-page.ts'

const name = streamNameFromPath(location.pathname)
if (name === null) location.replace('/')
else startRoomPage(name, 'host')
