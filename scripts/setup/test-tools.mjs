import { existsSync } from 'node:fs'
import { SetupError } from './context.mjs'
import { findOnPath } from './files.mjs'

const CHROMIUM = '/usr/bin/chromium'
const NGINX = '/usr/sbin/nginx'
const TURNSERVER = '/usr/bin/turnserver'
const NGINX_STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'
const NGINX_RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so'

/**
 * What only the tests and measurements need: a browser, nginx with RTMP, ffprobe, a TURN server.
 * @param {NodeJS.ProcessEnv} env
 * @param {(file: string) => boolean} [exists]
 * @returns {{ debianPackages: string[], env: Record<string, string> }} `env` holds once the packages are there
 * @throws {SetupError} when a path that the user set is wrong
 */
export function testTools(env, exists = existsSync) {
  const chromium = env.SLUICE_CHROMIUM || CHROMIUM
  const module = env.SLUICE_NGINX_RTMP_MODULE || NGINX_RTMP_MODULE
  for (const name of ['SLUICE_CHROMIUM', 'SLUICE_NGINX_RTMP_MODULE']) {
    const own = env[name]
    if (own && !exists(own))
      throw new SetupError(`${name}=${own} does not exist; correct it or leave it out.`)
  }
  const debianPackages = []
  if (!exists(chromium)) debianPackages.push('chromium')
  if (!findOnPath('ffprobe', env.PATH)) debianPackages.push('ffmpeg')
  if (!exists(NGINX)) debianPackages.push('nginx')
  if (!exists(TURNSERVER)) debianPackages.push('coturn')
  if (!exists(module)) debianPackages.push('libnginx-mod-rtmp')
  if (!exists(NGINX_STREAM_MODULE)) debianPackages.push('libnginx-mod-stream')
  return { debianPackages, env: { SLUICE_CHROMIUM: chromium, SLUICE_NGINX_RTMP_MODULE: module } }
}
