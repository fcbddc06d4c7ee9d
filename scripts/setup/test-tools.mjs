import { existsSync } from 'node:fs'
import { SetupError } from './context.mjs'
import { findOnPath } from './files.mjs'

const CHROMIUM = '/usr/bin/chromium'
const NGINX_RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so'
/** Debian's folder of libraries for this processor. */
const LIBRARIES = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`

/** Files that the tests use where Debian puts them, and the packages that bring them. */
const FILES = {
  '/usr/sbin/nginx': 'nginx',
  '/usr/lib/nginx/modules/ngx_stream_module.so': 'libnginx-mod-stream',
  '/usr/bin/turnserver': 'coturn',
  '/usr/bin/firefox-esr': 'firefox-esr',
  // WebKitGTK, its decoders of H.264 and AAC, and the screen that it insists on.
  '/usr/bin/WebKitWebDriver': 'webkit2gtk-driver',
  [`${LIBRARIES}/gstreamer-1.0/libgstlibav.so`]: 'gstreamer1.0-libav',
  [`${LIBRARIES}/gstreamer-1.0/libgstvideoparsersbad.so`]: 'gstreamer1.0-plugins-bad',
  [`${LIBRARIES}/gstreamer-1.0/libgstopengl.so`]: 'gstreamer1.0-gl',
  '/usr/bin/Xvfb': 'xvfb',
}

/**
 * What only the tests and measurements need: browsers, nginx with RTMP, ffprobe, a TURN server.
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
  const files = { [chromium]: 'chromium', [module]: 'libnginx-mod-rtmp', ...FILES }
  const debianPackages = Object.entries(files).flatMap(([file, name]) => (exists(file) ? [] : [name]))
  if (!findOnPath('ffprobe', env.PATH)) debianPackages.push('ffmpeg')
  return { debianPackages, env: { SLUICE_CHROMIUM: chromium, SLUICE_NGINX_RTMP_MODULE: module } }
}
