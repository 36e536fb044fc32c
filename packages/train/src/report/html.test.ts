import { printable } from '@mixflow/core/internal'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeHtml, html } from './html.ts'

describe('html', () => {
  it('escapes text, in elements and in attributes', () => {
    const name = `<script>alert("1" & '2')</script>`
    expect(html`<b title="${name}">${name}</b>`.toString()).toBe(
      '<b title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;">' +
        '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</b>',
    )
  })

  it('keeps markup of its own, joins lists, and leaves out what is nothing', () => {
    const items = ['a', '<b>'].map(text => html`<li>${text}</li>`)
    expect(html`<ul>${items}${null}${undefined}${false}</ul>${0}`.toString()).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
    )
  })

  it('is not deceived by objects that look like markup', () => {
    const fake = { toString: () => '<script>' }
    expect(() => html`${fake as never}`.toString()).toThrow(TypeError)
  })

  it('escapes reversibly, and leaves nothing that could end a text or an attribute', () => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...'&<>"\';'), fc.string({ unit: 'binary-ascii', maxLength: 3 }))),
        parts => {
          const text = parts.join('')
          const escaped = escapeHtml(text)
          expect(escaped).not.toMatch(/[<>"']/)
          expect(escaped.replaceAll(/&(\w+|#39);/g, (_, name: string) => entities[name]!)).toBe(printable(text))
        },
      ),
    )
  })
})
