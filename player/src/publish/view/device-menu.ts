import { create } from '../../common/create.ts'
import { deviceOptions, noDevice } from './device-options.ts'

/** Fills a device menu and selects what is in use; leaves the menu alone when nothing changed. */
export function renderDeviceMenu(
  menu: HTMLSelectElement,
  devices: readonly MediaDeviceInfo[],
  kind: 'videoinput' | 'audioinput',
  current: { wanted: boolean; deviceId: string },
): void {
  const options = deviceOptions(devices, kind)
  const signature = JSON.stringify(options)
  if (menu.dataset.options !== signature) {
    menu.dataset.options = signature
    menu.replaceChildren(
      ...options.map(({ value, label }) => {
        const option = create('option', '', label)
        option.value = value
        return option
      }),
    )
  }
  const value = current.wanted ? current.deviceId : noDevice
  menu.value = options.some((option) => option.value === value) ? value : (options[0]?.value ?? noDevice)
}
