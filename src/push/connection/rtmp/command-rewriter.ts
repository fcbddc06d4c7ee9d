import { type ChunkHeader, type MessageHeader, readChunkHeader, writeMessage } from './chunk-header.ts'
import { replaceStrings } from './replace-strings.ts'

/** RTMP 1.0 section 5.2: C0, C1 and C2. */
const handshakeBytes = 1 + 1536 + 1536
/** Section 5.4.1: the size of chunks until a message sets another, and that message's type. */
const firstChunkBytes = 128
const setChunkSizeType = 1
/** A command in AMF0 (section 7.1.1). */
const commandType = 20
/** ffmpeg's have less than 5,000 bytes. */
const maxCommandBytes = 64 * 1024

/** A message of which not all chunks have come. Its payload is kept only when it is read here. */
type OpenMessage = { header: MessageHeader; left: number; payload: Buffer[] }
type OpenChunk = { id: number; left: number; message: OpenMessage }

/**
 * Puts the real names into the commands that an RTMP client sends (`connect`, `releaseStream`, `FCPublish`, `publish`,
 * `FCUnpublish`), where the client was given placeholders instead. Everything else passes as it is: media is not copied.
 *
 * A rewritten command carries a complete header. A message whose header builds on that of a command is a command, too;
 * so no header of another message has to change.
 */
export class CommandRewriter {
  readonly #replacements: ReadonlyMap<string, string>
  readonly #proof: string
  /** The last header on each chunk stream. */
  readonly #headers = new Map<number, MessageHeader>()
  readonly #open = new Map<number, OpenMessage>()
  #handshakeLeft = handshakeBytes
  #chunkBytes = firstChunkBytes
  #chunk: OpenChunk | null = null
  /** The beginning of a header that was cut. */
  #rest: Buffer = Buffer.alloc(0)
  #proved = false

  /**
   * @param replacements the real names by placeholder.
   * @param proof the placeholder that must stand in the client's first command, which no other client knows.
   */
  constructor(replacements: ReadonlyMap<string, string>, proof: string) {
    this.#replacements = replacements
    this.#proof = proof
  }

  /**
   * Takes the client's next bytes.
   * @returns what goes on to the server, in order.
   * @throws RangeError when they are not RTMP, or not from the expected client. The connection is of no use then.
   */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    const out: Buffer[] = []
    let at = Math.min(this.#handshakeLeft, bytes.length)
    this.#handshakeLeft -= at
    /** Where the bytes begin that pass as they are. */
    let from = 0
    const pass = (to: number): void => {
      if (to > from) out.push(bytes.subarray(from, to))
    }
    while (at < bytes.length) {
      if (!this.#chunk) {
        const header = readChunkHeader(bytes, at, this.#headers, (id) => this.#open.has(id))
        if (!header) break
        if (header.message.type === commandType) pass(at)
        this.#chunk = this.#begin(header)
        at += header.bytes
      }
      const { id, left, message } = this.#chunk
      const payload = bytes.subarray(at, at + left)
      at += payload.length
      const complete = this.#take(this.#chunk, payload)
      if (message.header.type !== commandType) continue
      from = at
      if (complete) out.push(writeMessage(id, message.header, this.#rewritten(complete), this.#chunkBytes))
    }
    pass(at)
    // A copy: a view would keep all of the bytes in memory.
    this.#rest = Buffer.from(bytes.subarray(at))
    return out
  }

  /** @throws RangeError */
  #begin({ chunkStreamId: id, message: header }: ChunkHeader): OpenChunk {
    const message = this.#open.get(id) ?? { header, left: header.length, payload: [] }
    if (!this.#proved && header.type !== commandType && header.type !== setChunkSizeType) {
      throw new RangeError('an RTMP client that does not begin with a command')
    }
    if (isRead(header) && header.length > maxCommandBytes)
      throw new RangeError('an RTMP command that is too long')
    this.#headers.set(id, header)
    this.#open.set(id, message)
    return { id, left: Math.min(message.left, this.#chunkBytes), message }
  }

  /** @returns the payload of a message that is complete now and is read here. */
  #take(chunk: OpenChunk, payload: Buffer): Buffer | null {
    const { id, message } = chunk
    chunk.left -= payload.length
    message.left -= payload.length
    if (isRead(message.header)) message.payload.push(Buffer.from(payload))
    if (chunk.left === 0) this.#chunk = null
    if (message.left > 0) return null
    this.#open.delete(id)
    if (!isRead(message.header)) return null
    const complete = Buffer.concat(message.payload)
    if (message.header.type === setChunkSizeType) this.#setChunkSize(complete)
    return complete
  }

  #setChunkSize(payload: Buffer): void {
    // Section 5.4.1: the first bit is zero.
    this.#chunkBytes = payload.readUInt32BE() & 0x7fffffff
    if (this.#chunkBytes === 0) throw new RangeError('RTMP chunks of no bytes')
  }

  /** @throws RangeError */
  #rewritten(payload: Buffer): Buffer {
    const rewritten = replaceStrings(payload, this.#replacements, (placeholder) => {
      if (placeholder === this.#proof) this.#proved = true
    })
    if (!this.#proved) throw new RangeError('not the expected RTMP client')
    return rewritten
  }
}

/** Whether a message is read here: the others only pass. */
function isRead({ type }: MessageHeader): boolean {
  return type === commandType || type === setChunkSizeType
}
