import { describe, expect, test } from 'vitest'
import { credentialRow, lockoutRow, userRow, webhookRow } from '../../../player/src/admin/rows-of.ts'

const nowMs = Date.UTC(2026, 0, 1, 12)
const at = (seconds: number): string => new Date(nowMs + seconds * 1_000).toISOString()

describe('a row of the page of operators says', () => {
  const key = {
    ...({ id: '1', kind: 'key', label: 'OBS', stream: 'show', scope: null } as const),
    ...{ createdAt: at(-3600), expiresAt: null, usedAt: null },
  }

  test('whose a key is, and when it was used and ends', () => {
    expect(credentialRow(key, nowMs)).toEqual({ id: '1', title: 'OBS', facts: 'show · never used' })
    const rotated = { ...key, label: '', usedAt: at(-120), expiresAt: at(7200) }
    expect(credentialRow(rotated, nowMs)).toEqual({
      ...{ id: '1', title: 'show', facts: 'used 2 min ago · ends in 2 h 00 min' },
    })
    expect(credentialRow({ ...key, expiresAt: at(0) }, nowMs).badge).toEqual({ text: 'Expired' })
  })

  test('what a token is good for', () => {
    const token = { ...key, kind: 'token', scope: 'operate', stream: null } as const
    expect(credentialRow(token, nowMs).facts).toBe('operate, all streams · never used')
  })

  test('what a person may do, and what is missing', () => {
    const user = {
      id: 'u',
      name: 'carol',
      operator: false,
      disabled: true,
      hasPassword: false,
      createdAt: at(0),
    }
    expect(userRow({ ...user, roles: { show: 'owner' } })).toEqual({
      ...{ id: 'u', title: 'carol', badge: { text: 'Disabled' } },
      facts: 'owner of show · has set no password yet',
    })
  })

  test('how a webhook is doing, and why it was disabled', () => {
    const webhook = {
      ...{
        id: 'w',
        url: 'https://hooks.example/a',
        label: '',
        events: ['stream.live'] as const,
        stream: null,
      },
      ...{ enabled: false, disabledReason: 'The receiver answered 410 Gone.', createdAt: at(0) },
      deliveries: { waiting: 0, delivered: 3, failed: 2 },
    }
    expect(webhookRow(webhook)).toEqual({
      ...{ id: 'w', title: 'https://hooks.example/a', badge: { text: 'Disabled' } },
      facts: 'stream.live · all streams · 3 delivered · 2 failed',
      problem: 'The receiver answered 410 Gone.',
    })
  })

  test('who is locked out, addresses of IPv6 included', () => {
    const lockout = { id: 'address:2001:db8::1', failures: 21, until: at(90) }
    expect(lockoutRow(lockout, nowMs)).toEqual({
      ...{ id: 'address:2001:db8::1', title: '2001:db8::1' },
      facts: 'address · 21 failed attempts · may try again in 1 min',
    })
  })
})
