/**
 * Format parameters (`a=fmtp`) that decide how packets are read, by codec; the rest, such as sprop-parameter-sets, is
 * only for decoders. The one list for all ways in and out: nothing else of a client reaches ffmpeg or a viewer.
 */
const essential: Readonly<Record<string, readonly string[]>> = {
  'video/h264': ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed'],
  'video/vp9': ['profile-id'],
  'audio/opus': ['minptime', 'useinbandfec', 'usedtx', 'stereo', 'sprop-stereo'],
  'video/rtx': ['apt'],
  'audio/rtx': ['apt'],
}

/** The parameters of a codec that count. Pure. */
export function essentialParameters<T>(
  mimeType: string,
  parameters: Readonly<Record<string, T>>,
): Record<string, T> {
  const names = new Map(Object.entries(essential)).get(mimeType.toLowerCase()) ?? []
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.includes(name)))
}
