const namePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Why this cannot be the name of a stream, as a sentence for the person who typed it; null when it can. */
export function streamNameProblem(name: string): string | null {
  if (namePattern.test(name)) return null
  if (name === '') return 'Type a name for the stream first.'
  if (name.length > 64) return `A name has at most 64 characters; this one has ${name.length}.`
  if (/[A-Z]/.test(name)) return 'Use small letters only, for example “my-show”.'
  if (/^[_-]/.test(name)) return 'A name begins with a letter or a digit.'
  return 'Use only a–z, 0–9, “-” and “_”, without spaces.'
}

/** The stream that the address of a page names, such as `/watch/{stream}`; null when it names none. */
export function streamNameFromPath(pathname: string): string | null {
  const match = /^\/(?:publish|watch|join|studio)\/([^/]+)\/?$/.exec(pathname)
  const name = match?.[1] ?? ''
  return streamNameProblem(name) === null ? name : null
}
