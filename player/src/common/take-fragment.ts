/**
 * Takes a secret out of the page's address: `#key=…`, `#token=…`, `#link=…`. It stays out of the history, out of
 * screenshots, and out of addresses that people copy.
 * @returns null when there is none.
 */
export function takeFragment(name: string): string | null {
  const fields = new URLSearchParams(location.hash.slice(1))
  const value = fields.get(name)
  if (value === null) return null
  fields.delete(name)
  const rest = fields.size > 0 ? `#${fields}` : ''
  history.replaceState(history.state, '', location.pathname + location.search + rest)
  return value === '' ? null : value
}
