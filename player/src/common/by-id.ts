/** The page's element with this id, checked to be of the given class; a page without it is a bug. */
export function byId<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`The page has no #${id} of the kind ${kind.name}`)
}
