import { expect, test, vi } from 'vitest'
import { ResumeToken } from '../../../player/src/publish/connection/resume-token.ts'

/** The storage that the tabs of one browser share. */
function browser() {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

test('a reloaded page, and another tab, show the token of the page before', () => {
  const storage = browser()
  new ResumeToken('show', storage).keep('first')
  expect(new ResumeToken('show', storage).toShow()).toBe('first')
  expect(new ResumeToken('other', storage).toShow()).toBeNull()
})

test('a stored token is not the page’s own before the gateway let the page in', () => {
  const storage = browser()
  new ResumeToken('show', storage).keep('first')
  const second = new ResumeToken('show', storage)
  expect(second.own).toBeNull()
  second.keep('second')
  expect(second.own).toBe('second')
})

test('a page that another tab took the stream from does not take it back by itself', () => {
  const storage = browser()
  const [first, second] = [new ResumeToken('show', storage), new ResumeToken('show', storage)]
  first.keep('first')
  second.keep('second')
  expect(first.toShow()).toBe('first')
  // Pressed "Go live" again.
  first.forgetOwn()
  expect(first.toShow()).toBe('second')
})

test('the end of the stream deletes its token, but not one of another tab', () => {
  const storage = browser()
  const [first, second] = [new ResumeToken('show', storage), new ResumeToken('show', storage)]
  first.keep('first')
  second.keep('second')
  first.drop()
  expect(storage.items).toEqual(new Map([['sluice.resume.show', 'second']]))
  second.drop()
  expect(storage.items.size).toBe(0)
  expect(second.toShow()).toBeNull()
})

test('a browser that keeps nothing still comes back within the page', () => {
  vi.spyOn(console, 'info').mockReturnValue(undefined)
  const refuse = () => {
    throw new Error('SecurityError')
  }
  const token = new ResumeToken('show', { getItem: refuse, setItem: refuse, removeItem: refuse })
  expect(token.toShow()).toBeNull()
  token.keep('first')
  expect(token.toShow()).toBe('first')
  token.drop()
})
