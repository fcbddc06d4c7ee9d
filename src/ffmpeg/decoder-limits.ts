/** Largest picture that a decoder takes: DCI 4K. One of 16000×16000, a few hundred bytes of VP8, would take 0.8 GB. */
const maxPixels = 4096 * 2304

/**
 * Options before an input with video that ffmpeg decodes or looks into. The decoder refuses larger pictures before it
 * allocates anything for them.
 */
export const decoderLimitOptions: readonly string[] = ['-max_pixels', String(maxPixels)]

/** Options before any input. In bytes: no single allocation is larger; the largest sensible one is a 4K frame's 14 MB. */
export const allocationLimitOptions: readonly string[] = ['-max_alloc', String(256 * 1024 ** 2)]
