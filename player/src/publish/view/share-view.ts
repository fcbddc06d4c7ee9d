import { byId } from '../../common/by-id.ts'
import { setText } from '../../common/set-text.ts'

const shownMs = 2000

function wireCopy(buttonId: string, field: HTMLInputElement): void {
  const button = byId(buttonId, HTMLButtonElement)
  const label = button.textContent
  let timer: ReturnType<typeof setTimeout> | undefined
  const say = (text: string): void => {
    clearTimeout(timer)
    setText(button, text)
    timer = setTimeout(() => setText(button, label), shownMs)
  }
  button.addEventListener('click', async () => {
    field.select()
    try {
      await navigator.clipboard.writeText(field.value)
      say('Copied')
    } catch (error) {
      // Insecure pages have no clipboard; the text is selected, so that the person can copy it by hand.
      console.info('No access to the clipboard', error)
      say('Selected')
    }
  })
  field.addEventListener('focus', () => field.select())
}

/** The addresses to pass on, with their copy buttons. */
export function showShareLinks(stream: string): void {
  const watch = byId('watch-url', HTMLInputElement)
  const hls = byId('hls-url', HTMLInputElement)
  const whip = byId('whip-url', HTMLInputElement)
  watch.value = `${location.origin}/watch/${stream}`
  hls.value = `${location.origin}/hls/${stream}/index.m3u8`
  whip.value = `${location.origin}/whip/${stream}`
  byId('watch-open', HTMLAnchorElement).href = watch.value
  wireCopy('copy-watch-url', watch)
  wireCopy('copy-hls-url', hls)
  wireCopy('copy-whip-url', whip)
}
