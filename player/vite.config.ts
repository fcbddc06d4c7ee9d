import { defineConfig } from 'vite'

const page = (name: string): string => `${import.meta.dirname}/${name}.html`

/** The pages into `player/dist`; the gateway serves them under its own paths, the assets under /assets. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  resolve: {
    // The light build lacks only DRM, subtitles and alternative sound tracks, and is 220 kB smaller.
    alias: [{ find: /^hls\.js$/, replacement: 'hls.js/light' }],
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The polyfill is an inline script, and small assets would become data: URLs; the gateway's CSP forbids both.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: {
        index: page('index'),
        publish: page('publish'),
        watch: page('watch'),
        join: page('join'),
        studio: page('studio'),
        login: page('login'),
        admin: page('admin'),
      },
    },
  },
})
