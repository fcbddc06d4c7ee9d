import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'

/** A button of a row. */
export type RowAction = {
  label: string
  /** Has to be pressed twice, the second time under this label. */
  sure?: string
  run: () => Promise<unknown>
}

/** One line of a list. */
export type Row = {
  id: string
  title: string
  badge?: { text: string; state?: string }
  facts: string
  /** What a person should look at. */
  problem?: string | null
  links?: { label: string; href: string }[]
  actions?: RowAction[]
}

/** How long the second press may take. */
const sureMs = 5_000

/** Brings a list in line with its rows, keeping those that stay as they are, so that keyboard focus is not lost. */
export function renderRows(list: HTMLElement, rows: readonly Row[], onDone: () => void): void {
  const present = new Map<string, HTMLElement>()
  for (const item of list.querySelectorAll<HTMLElement>(':scope > li'))
    present.set(item.dataset.id ?? '', item)
  for (const [id, item] of present) if (!rows.some((row) => row.id === id)) item.remove()
  for (const [index, row] of rows.entries()) {
    const kept = present.get(row.id)
    const labels = (row.actions ?? []).map(({ label }) => label).join(' ')
    // Other buttons: made anew.
    const item = kept?.dataset.actions === labels ? kept : create('li', 'row')
    if (item !== kept) {
      kept?.remove()
      fill(item, row, onDone)
      item.dataset.id = row.id
      item.dataset.actions = labels
    }
    update(item, row)
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null)
  }
}

function fill(item: HTMLElement, row: Row, onDone: () => void): void {
  const problem = create('p', 'row-problem')
  problem.setAttribute('role', 'alert')
  const links = (row.links ?? []).map(({ label, href }) => {
    const link = create('a', '', label)
    link.href = href
    link.setAttribute('aria-label', `${label}: ${row.title}`)
    return link
  })
  const buttons = (row.actions ?? []).map((action) => button(row, action, problem, onDone))
  item.replaceChildren(
    create('span', 'row-title'),
    create('span', 'badge'),
    create('p', 'row-facts'),
    problem,
    create('div', 'row-actions', ...links, ...buttons),
  )
}

function update(item: HTMLElement, row: Row): void {
  const [title, badge, facts, problem] = item.children
  if (title) setText(title, row.title)
  if (facts) setText(facts, row.facts)
  if (problem && problem.getAttribute('data-own') !== 'true') setText(problem, row.problem ?? '')
  if (!(badge instanceof HTMLElement)) return
  badge.hidden = row.badge === undefined
  setText(badge, row.badge?.text ?? '')
  badge.dataset.state = row.badge?.state ?? ''
}

function button(row: Row, action: RowAction, problem: HTMLElement, onDone: () => void): HTMLButtonElement {
  const element = create('button', '', action.label)
  element.type = 'button'
  element.setAttribute('aria-label', `${action.label}: ${row.title}`)
  let timer: ReturnType<typeof setTimeout> | undefined
  const show = (sure: boolean): void => {
    clearTimeout(timer)
    const label = sure ? (action.sure ?? action.label) : action.label
    setText(element, label)
    element.setAttribute('aria-label', `${label}: ${row.title}`)
    element.dataset.sure = String(sure)
    if (sure) timer = setTimeout(() => show(false), sureMs)
  }
  element.addEventListener('click', () => {
    if (action.sure !== undefined && element.dataset.sure !== 'true') {
      show(true)
      return
    }
    show(false)
    element.disabled = true
    action
      .run()
      .then(() => {
        delete problem.dataset.own
        onDone()
      })
      .catch((error: Error) => {
        // Stays until something works: a refresh must not wipe it off.
        problem.dataset.own = 'true'
        setText(problem, error.message)
      })
      .finally(() => {
        element.disabled = false
      })
  })
  return element
}
