import fc from 'fast-check'

/** Text that tries to break out of a line, a header, a path or a JSON string. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\r\n',
    '\n',
    '\0',
    'x\r\na=ssrc:1 cname:evil',
    'x\r\nm=audio 5004 RTP/AVP 0',
    '42e01f\nc=IN IP4 203.0.113.1',
    '1;a=b',
    '\u2028',
    '\u{1f600}',
    '__proto__',
    'constructor',
    '../..',
    '%0d%0a',
    '-1',
    'NaN',
    '1e999',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 200, max: 20_000 }).map((length) => 'x'.repeat(length)),
)

/** Numbers at and beyond every edge, and what is no number. */
export const hostileNumber = fc.oneof(
  fc.constantFrom(-1, 0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1.5),
  fc.double(),
  fc.integer(),
)

/** Mostly good values, so that the bad one is met deep inside. */
export function mostly<T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad })
}

/** A value with up to `changes` of its parts, at any depth, replaced by something else, left out or doubled. */
export function damaged(value: unknown, changes = 3): fc.Arbitrary<unknown> {
  const junk = fc.oneof(
    hostileText,
    hostileNumber,
    fc.constantFrom(null, true, [], {}),
    fc.json({ maxDepth: 2 }).map((text): unknown => JSON.parse(text)),
  )
  return fc
    .array(fc.tuple(fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }), junk, fc.boolean()), {
      minLength: 1,
      maxLength: changes,
    })
    .map((edits) =>
      edits.reduce<unknown>((whole, [path, other, remove]) => edited(whole, path, other, remove), value),
    )
}

function edited(
  value: unknown,
  [step, ...rest]: readonly number[],
  other: unknown,
  remove: boolean,
): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return other
  const keys = Object.keys(value)
  const key = keys[step % (keys.length || 1)]
  if (key === undefined) return other
  if (Array.isArray(value)) {
    const at = Number(key)
    return remove && rest.length === 0
      ? value.toSpliced(at, 1)
      : value.with(at, edited(value[at], rest, other, remove))
  }
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.flatMap(([name, each]): [string, unknown][] => {
      if (name !== key) return [[name, each]]
      return remove && rest.length === 0 ? [] : [[name, edited(each, rest, other, remove)]]
    }),
  )
}
