import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Layout, type LayoutMode, placeTiles, type Rect, type Tile } from '../../../src/stage/layout.ts'

const hd = { width: 1280, height: 720 }
const cameras = (count: number): Tile[] =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}:camera`, kind: 'camera' as const }))
const screen: Tile = { id: 'p1:screen', kind: 'screen' }
const layout = (mode: Layout['mode'], main: string | null = null): Layout => ({ mode, main, free: [] })
const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

test('one person fills the picture, in every layout but a free one', () => {
  for (const mode of [
    'auto',
    'solo',
    'speaker',
    'screen',
    'picture-in-picture',
    'grid',
    'side-by-side',
  ] as const) {
    expect(placeTiles(cameras(1), layout(mode), hd)).toEqual([
      { id: 'p0:camera', rect: { x: 0, y: 0, ...hd }, fit: 'cover' },
    ])
  }
  expect(placeTiles([], layout('grid'), hd)).toEqual([])
})

test('a grid has the largest tiles of 16:9 that fit', () => {
  expect(placeTiles(cameras(2), layout('grid'), hd).map(({ rect }) => rect)).toEqual([
    { x: 8, y: 184, width: 628, height: 352 },
    { x: 644, y: 184, width: 628, height: 352 },
  ])
  const four = placeTiles(cameras(4), layout('grid'), hd)
  expect(new Set(four.map(({ rect }) => rect.y)).size).toBe(2)
  // Three: the last one stands in the middle of its row.
  const [, , last] = placeTiles(cameras(3), layout('grid'), hd)
  expect(last && last.rect.x + last.rect.width / 2).toBe(640)
  expect(new Set(placeTiles(cameras(9), layout('grid'), hd).map(({ rect }) => rect.y)).size).toBe(3)
})

test('side by side is one row', () => {
  const places = placeTiles(cameras(4), layout('side-by-side'), hd)
  expect(new Set(places.map(({ rect }) => rect.y)).size).toBe(1)
})

test.each([
  ['the host’s choice', 'p2:camera', 'p1:camera', [...cameras(3), screen], 'p2:camera'],
  ['a shared screen', null, 'p1:camera', [...cameras(3), screen], 'p1:screen'],
  ['the active speaker', null, 'p1:camera', cameras(3), 'p1:camera'],
  ['the first', null, null, cameras(3), 'p0:camera'],
  ['the first, when the choice has left', 'gone', 'gone too', cameras(3), 'p0:camera'],
])('the main place goes to %s', (_what, main, speaker, tiles, id) => {
  expect(placeTiles(tiles, layout('solo', main), hd, speaker)[0]?.id).toBe(id)
})

test('a shared screen takes the main place by itself and is shown as a whole', () => {
  const [main, ...others] = placeTiles([...cameras(2), screen], layout('auto'), hd)
  expect(main).toEqual({ id: 'p1:screen', rect: { x: 0, y: 0, width: 998, height: 720 }, fit: 'contain' })
  expect(others.every(({ rect }) => rect.x >= 998)).toBe(true)
})

test('the strip of a speaker lies below', () => {
  const [main, ...others] = placeTiles(cameras(3), layout('speaker'), hd)
  expect(main?.rect).toEqual({ x: 0, y: 0, width: 1280, height: 560 })
  expect(others.every(({ rect }) => rect.y >= 560)).toBe(true)
})

test('picture in picture shows two, the second above the first, away from the border', () => {
  expect(placeTiles(cameras(4), layout('picture-in-picture'), hd)).toEqual([
    { id: 'p0:camera', rect: { x: 0, y: 0, ...hd }, fit: 'cover' },
    { id: 'p1:camera', rect: { x: 936, y: 516, width: 320, height: 180 }, fit: 'cover' },
  ])
})

test('free rectangles are parts of the picture; what leaves it is cut off, what is nothing left out', () => {
  const free = [
    { id: 'p0:camera', x: 0.5, y: 0, width: 0.75, height: 1 },
    { id: 'p1:camera', x: 0, y: 0, width: 0, height: 1 },
    { id: 'unknown', x: 0, y: 0, width: 1, height: 1 },
    { id: 'p1:camera', x: -4, y: Number.NaN, width: 0.25, height: 0.25 },
  ]
  expect(placeTiles(cameras(2), { mode: 'free', main: null, free }, hd)).toEqual([
    { id: 'p0:camera', rect: { x: 640, y: 0, width: 640, height: 720 }, fit: 'cover' },
    { id: 'p1:camera', rect: { x: 0, y: 0, width: 320, height: 180 }, fit: 'cover' },
  ])
})

test('places are even, inside, and overlap only where one lies in another’s corner', () => {
  const modes: LayoutMode[] = ['solo', 'side-by-side', 'grid', 'speaker', 'screen', 'picture-in-picture']
  const sizes = fc.record({
    width: fc.integer({ min: 160, max: 960 }).map((half) => half * 2),
    height: fc.integer({ min: 90, max: 540 }).map((half) => half * 2),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(...modes),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      sizes,
      (mode, count, shares, size) => {
        const places = placeTiles([...cameras(count), ...(shares ? [screen] : [])], layout(mode), size)
        for (const { rect } of places) {
          expect([rect.x, rect.y, rect.width, rect.height].every((number) => number % 2 === 0)).toBe(true)
          expect(rect.x >= 0 && rect.y >= 0).toBe(true)
          expect(rect.x + rect.width <= size.width && rect.y + rect.height <= size.height).toBe(true)
        }
        if (mode === 'picture-in-picture') return
        for (const [index, { rect }] of places.entries()) {
          for (const other of places.slice(index + 1)) expect(overlap(rect, other.rect)).toBe(false)
        }
      },
    ),
  )
})
