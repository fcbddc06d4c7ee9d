import type { Action } from '../../auth/authorize.ts'

/**
 * What a route asks before its handler runs.
 * open: nothing, because of what the text says · stream: whether the action is allowed on the stream in its path ·
 * gateway: whether it is allowed on the gateway · handler: the door only says who it is, and the handler asks, because
 * the stream or the key is in what it reads · inline: the handler does both, because thousands of players come there.
 */
export type RouteAccess =
  | { asks: 'nothing'; because: string }
  | { asks: 'stream' | 'gateway' | 'handler' | 'inline'; action: Action }

const open = (because: string): RouteAccess => ({ asks: 'nothing', because })
const onStream = (action: Action): RouteAccess => ({ asks: 'stream', action })
const onGateway = (action: Action): RouteAccess => ({ asks: 'gateway', action })
const inHandler = (action: Action): RouteAccess => ({ asks: 'handler', action })

const page = open('pages hold nothing; keys and tokens are in fragments, which browsers do not send')
const preflight = open('browsers ask without credentials whether they may ask')
const signIn = open('whoever signs in is nobody before')

/** Every route of the gateway by its methods and pattern. The gateway does not start with one that is missing here. */
export const routeAccess: Readonly<Record<string, RouteAccess>> = {
  'GET /': page,
  'GET /publish/:stream': page,
  'GET /watch/:stream': page,
  'GET /join/:stream': page,
  'GET /studio/:stream': page,
  'GET /login': page,
  'GET /admin': page,
  'GET /assets/*': page,
  'GET /healthz': open('supervisors have no key; it says only that the gateway is there'),
  'GET /readyz': open('as /healthz'),
  'GET /metrics': onGateway('metrics'),

  'GET /api/openapi.json': onGateway('read'),
  'GET /api/docs': onGateway('read'),
  'GET /api/streams': inHandler('watch'),
  'GET /api/streams/:stream': onStream('watch'),
  'GET /api/streams/:stream/targets': onStream('read'),
  'POST /api/streams/:stream/targets': onStream('operate'),
  'GET /api/streams/:stream/targets/:target': onStream('read'),
  'PATCH /api/streams/:stream/targets/:target': onStream('operate'),
  'DELETE /api/streams/:stream/targets/:target': onStream('operate'),
  'POST /api/streams/:stream/targets/:target/start': onStream('operate'),
  'POST /api/streams/:stream/targets/:target/stop': onStream('operate'),
  'POST /api/streams/:stream/targets/:target/retry': onStream('operate'),

  'GET /api/streams/:stream/stage': onStream('read'),
  'PATCH /api/streams/:stream/stage': onStream('publish'),
  'PUT /api/streams/:stream/stage/layout': onStream('publish'),
  'POST /api/streams/:stream/stage/show': onStream('publish'),
  'DELETE /api/streams/:stream/stage/show': onStream('publish'),
  'GET /api/streams/:stream/people': onStream('read'),
  'GET /api/streams/:stream/people/:person': onStream('read'),
  'PATCH /api/streams/:stream/people/:person': onStream('publish'),
  'DELETE /api/streams/:stream/people/:person': onStream('publish'),
  'GET /api/streams/:stream/invites': onStream('operate'),
  'POST /api/streams/:stream/invites': onStream('operate'),
  'DELETE /api/streams/:stream/invites/:invite': onStream('operate'),

  'GET /api/webhooks': onGateway('operate'),
  'POST /api/webhooks': onGateway('operate'),
  'GET /api/webhooks/:webhook': onGateway('operate'),
  'PATCH /api/webhooks/:webhook': onGateway('operate'),
  'DELETE /api/webhooks/:webhook': onGateway('operate'),
  'POST /api/webhooks/:webhook/rotate': onGateway('operate'),
  'GET /api/webhooks/:webhook/deliveries': onGateway('operate'),
  'POST /api/webhooks/:webhook/replay': onGateway('operate'),

  'GET /api/session': inHandler('read'),
  'POST /api/session': signIn,
  'DELETE /api/session': signIn,
  'POST /api/session/link': signIn,
  'GET /api/users': onGateway('operate'),
  'POST /api/users': onGateway('operate'),
  'GET /api/users/:user': onGateway('operate'),
  'PATCH /api/users/:user': onGateway('operate'),
  'DELETE /api/users/:user': onGateway('operate'),
  'POST /api/users/:user/link': onGateway('operate'),
  'PUT /api/users/:user/roles/:stream': onGateway('operate'),
  'DELETE /api/users/:user/roles/:stream': onGateway('operate'),
  'GET /api/keys': inHandler('operate'),
  'POST /api/keys': inHandler('operate'),
  'DELETE /api/keys/:key': inHandler('operate'),
  'POST /api/keys/:key/rotate': inHandler('operate'),
  'GET /api/tokens': onGateway('operate'),
  'POST /api/tokens': onGateway('operate'),
  'DELETE /api/tokens/:token': onGateway('operate'),
  'POST /api/tokens/:token/rotate': onGateway('operate'),
  'GET /api/streams/:stream/access': onStream('operate'),
  'PUT /api/streams/:stream/access': onStream('operate'),
  'POST /api/streams/:stream/play-tokens': onStream('watch'),
  'POST /api/streams/:stream/play-tokens/renew': onStream('watch'),
  'POST /api/streams/:stream/play-tokens/revoke': onStream('operate'),
  'GET /api/audit': onGateway('operate'),
  'GET /api/lockouts': onGateway('operate'),
  'DELETE /api/lockouts/:lockout': onGateway('operate'),

  'OPTIONS /hls/*': preflight,
  'GET /hls/:stream/*': { asks: 'inline', action: 'watch' },
  'GET /ws/publish/:stream': inHandler('publish'),
  'GET /ws/stage/:stream': inHandler('join'),
  ...rtcRoutes('whip', 'publish'),
  ...rtcRoutes('whep', 'watch'),
  'POST /internal/rtmp/on_publish': open(
    'nginx-rtmp has no key; it is told only whether the gateway itself connects to it at this moment',
  ),
}

/** WHIP and WHEP: each method on the endpoint and on its sessions, those that are not allowed as well. */
function rtcRoutes(prefix: string, action: Action): Record<string, RouteAccess> {
  return Object.fromEntries(
    [`/${prefix}/:stream`, `/${prefix}/:stream/:session`].flatMap((path) => [
      [`OPTIONS ${path}`, preflight],
      ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [`${method} ${path}`, onStream(action)]),
    ]),
  )
}
