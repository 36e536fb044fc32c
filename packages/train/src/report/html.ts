/**
 * HTML by template, escaped by construction: whatever is put into an `html` template is text unless it came out of one
 * itself. Lists are joined; null, undefined and false are nothing.
 */

import { printable } from '@mixflow/core/internal'

/** Markup that needs no further escaping. Only `html` makes it. */
export class Html {
  readonly #markup: string

  /** @param markup trusted: written by this package */
  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[]

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((markup, text, i) => markup + markupOf(values[i - 1]) + text))
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Html) return content.toString()
  if (typeof content === 'object') return content.map(markupOf).join('')
  return escapeHtml(String(content))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text for elements and for attributes in quotes; control and bidirectional characters are shown escaped. */
export const escapeHtml = (text: string): string =>
  printable(text).replaceAll(/[&<>"']/g, character => entities[character]!)
