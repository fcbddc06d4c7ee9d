export type CodecName = 'vp8' | 'h264' | 'vp9'

type Codec = { kind: string; mimeType: string; parameters?: Record<string, unknown> }

/** The codec that `?codec=` asks for; null when it asks for none, or for one that the gateway does not know. */
export function codecFromQuery(query: string): CodecName | null {
  const name = new URLSearchParams(query).get('codec')?.toLowerCase()
  return name === 'vp8' || name === 'h264' || name === 'vp9' ? name : null
}

function isOf(codec: Codec, name: CodecName): boolean {
  return codec.kind === 'video' && codec.mimeType.toLowerCase() === `video/${name}`
}

/**
 * The video codec to send, from those that both sides have; null when there is none.
 * H.264 first: the gateway then passes it on as it is, anything else costs it a transcode. Among its profiles
 * constrained baseline in packetization mode 1, which every encoder has.
 */
export function chooseVideoCodec<C extends Codec>(codecs: readonly C[], forced: CodecName | null): C | null {
  const order: readonly CodecName[] = forced ? [forced] : ['h264', 'vp8', 'vp9']
  for (const name of order) {
    const fitting = codecs.filter((codec) => isOf(codec, name))
    const mode1 = fitting.filter((codec) => codec.parameters?.['packetization-mode'] === 1)
    const baseline = mode1.find((codec) => /^42e0/i.test(String(codec.parameters?.['profile-level-id'])))
    const best = baseline ?? mode1[0] ?? fitting[0]
    if (best) return best
  }
  return null
}
