export type Device = 'camera' | 'microphone' | 'screen'

const allow: Record<Device, string> = {
  camera: 'Allow the camera in the site settings next to the address, then press “Try again”.',
  microphone: 'Allow the microphone in the site settings next to the address, then press “Try again”.',
  screen: 'Press “Share screen” again and choose what to share.',
}

/**
 * Why a camera, microphone or screen cannot be used, and what to do about it.
 * @param error name and message of what getUserMedia or getDisplayMedia threw
 */
export function explainMediaError(device: Device, error: { name: string; message: string }): string {
  switch (error.name) {
    case 'NotAllowedError':
      if (/system/i.test(error.message))
        return `The operating system does not let this browser use the ${device}. Allow it in the system's privacy settings, then restart the browser.`
      return device === 'screen'
        ? `The screen is not shared: it was cancelled or not allowed. ${allow.screen}`
        : `This page is not allowed to use the ${device}. ${allow[device]}`
    case 'NotFoundError':
      return device === 'screen'
        ? 'There is no screen or window that can be shared.'
        : `No ${device} was found. Plug one in: it is picked up by itself.`
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} cannot be opened. Another program may be using it: close that program, then press “Try again”.`
    case 'OverconstrainedError':
      return `The ${device} cannot do what was asked of it. Choose another ${device} or another picture size.`
    case 'SecurityError':
      return `The browser forbids this page to use the ${device}. If the page is shown inside another page, open it in its own tab.`
    default:
      return `The ${device} cannot be used: ${error.message || error.name}.`
  }
}

/** Why this address can capture nothing, or null when it can. */
export function explainInsecure(page: { isSecureContext: boolean; host: string }): string | null {
  if (page.isSecureContext) return null
  return (
    `Browsers hand out camera, microphone and screen only to secure pages, and http://${page.host} is not one. ` +
    'Open this page by https, or on the gateway itself as http://localhost.'
  )
}
