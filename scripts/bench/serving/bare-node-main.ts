// A process of its own: the least that Node can do. Serves files from memory, and nothing else.
// node bare-node-main.ts PORT DIRECTORY
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const [port, directory = ''] = process.argv.slice(2)
const files = new Map(readdirSync(directory).map((name) => [`/${name}`, readFileSync(join(directory, name))]))

createServer(({ url = '', headers }, response) => {
  const gzip = headers['accept-encoding'] === undefined ? undefined : files.get(`${url}.gz`)
  const body = gzip ?? files.get(url) ?? Buffer.alloc(0)
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    ...(gzip && { 'content-encoding': 'gzip' }),
    'content-length': body.length,
  })
  response.end(body)
}).listen(Number(port), '127.0.0.1')
