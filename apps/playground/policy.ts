/**
 * What the page may do, as its Content-Security-Policy: run its own scripts and WebAssembly, start its own workers, and ask
 * nobody but its own host. In the page itself by a meta element, and as headers for hosts that send them (`_headers`), since
 * workers obey only the policy that their own scripts came with.
 */

export interface PolicyOptions {
  /** Further origins from which models may be loaded, as a policy says them: `https:`, or `https://models.example.org`. */
  readonly connect?: string | undefined
}

export function policy({ connect }: PolicyOptions = {}): string {
  const directives = {
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'style-src': "'self'",
    'img-src': "'self' blob: data:",
    'connect-src': ["'self' blob:", connect].filter(part => part).join(' '),
    'worker-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
  }
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}

/** Of every answer. The two of isolation let WebAssembly have threads; `frame-ancestors` counts only in a header. */
export const headers = (options: PolicyOptions = {}): Readonly<Record<string, string>> => ({
  'Content-Security-Policy': `${policy(options)}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
})
