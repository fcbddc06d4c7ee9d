/** The address of a playlist with a token in its path, or without one. @param url without a token, or with an earlier one. */
export function tokenPath(url: string, token: string | null): string {
  const prefix = token === null ? '/hls/' : `/hls/~${token}/`
  return url.replace(/\/hls\/(?:~[^/]*\/)?(?=[^/]+\/[^/]+\.m3u8)/, prefix)
}
