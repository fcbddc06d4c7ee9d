import { bestRenditionId, type Epoch } from '../feed/epoch.ts'
import type { Fragment } from '../feed/fragment.ts'
import { mp4Muxer, muxMp4 } from '../feed/muxer.ts'
import { type HlsResource, mediaResource } from './resource.ts'

/** One file for each rendition of an epoch, by its id, best first. */
export type RenditionFiles = ReadonlyMap<string, HlsResource>

/** The initialisation segments of an epoch: `{epoch}/{rendition}/init.mp4`. */
export function initFiles(epoch: Epoch): RenditionFiles {
  return filesOf(epoch, 'init.mp4', (_, index) => [mp4Muxer(epoch, index).header])
}

/** A fragment as Partial Segments: `{epoch}/{rendition}/p{number}.m4s`. */
export function partFiles(fragment: Fragment): RenditionFiles {
  return filesOf(fragment.epoch, `p${fragment.number}.m4s`, (_, index) => [muxMp4(fragment, index)])
}

/** Media Segments, which are the bytes of their parts: `{epoch}/{rendition}/{mediaSequence}.m4s`. */
export function segmentFiles(
  epoch: Epoch,
  mediaSequence: number,
  parts: readonly RenditionFiles[],
): RenditionFiles {
  return filesOf(epoch, `${mediaSequence}.m4s`, (rendition) =>
    parts.flatMap((files) => files.get(rendition)?.plain.body ?? []),
  )
}

/**
 * Which rendition of an epoch a playlist lists. One that the epoch lacks is substituted by the next lower one, or by
 * the lowest: players freeze when a playlist stops, and go on with a new EXT-X-MAP. Ids sort from best to lowest.
 */
export function servedRendition(epoch: Epoch, wanted: string): string {
  const ids = renditionIds(epoch)
  return ids.find((id) => id >= wanted) ?? ids.at(-1) ?? bestRenditionId
}

/** The file that a playlist of a rendition lists. */
export function fileOf(epoch: Epoch, files: RenditionFiles, wanted: string): HlsResource | undefined {
  return files.get(servedRendition(epoch, wanted))
}

/** Bytes of the files of all renditions. */
export function bytesOf(files: RenditionFiles): number {
  let bytes = 0
  for (const { plain } of files.values()) bytes += plain.bytes
  return bytes
}

/** An epoch without video is served as the best rendition, so that its playlist goes on when video comes. */
export function renditionIds({ renditions }: Epoch): string[] {
  return renditions.length > 0 ? renditions.map(({ id }) => id) : [bestRenditionId]
}

function filesOf(
  epoch: Epoch,
  name: string,
  body: (rendition: string, index: number) => readonly Buffer[],
): RenditionFiles {
  const contentType = epoch.renditions.length > 0 ? 'video/mp4' : 'audio/mp4'
  return new Map(
    renditionIds(epoch).map((id, index) => [
      id,
      mediaResource(contentType, `${epoch.id}/${id}/${name}`, body(id, index)),
    ]),
  )
}
