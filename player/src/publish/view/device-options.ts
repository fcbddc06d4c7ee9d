export type DeviceOption = { value: string; label: string }

type DeviceInfo = { kind: string; deviceId: string; label: string }

const words = {
  videoinput: { one: 'Camera', none: 'No camera' },
  audioinput: { one: 'Microphone', none: 'No microphone' },
} as const

/** Value of the option that turns a kind of device off. */
export const noDevice = 'none'

/**
 * What a device menu offers. Before the permission browsers hide ids and names: then there is one entry for
 * the browser's choice.
 */
export function deviceOptions(devices: readonly DeviceInfo[], kind: keyof typeof words): DeviceOption[] {
  const named = devices.filter((device) => device.kind === kind && device.deviceId !== '')
  const { one, none } = words[kind]
  const options = named.map((device, index) => ({
    value: device.deviceId,
    label: device.label || `${one} ${index + 1}`,
  }))
  if (options.length === 0) options.push({ value: '', label: `${one} (the browser's choice)` })
  return [...options, { value: noDevice, label: none }]
}
