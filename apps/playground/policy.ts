/**
 * The page's Content-Security-Policy: its own scripts, workers and WebAssembly, and requests only to its own host. The page has it in a meta
 * element. Hosts can also send it as a header (`_headers`), which workers need: they obey the policy of their own script.
 */

export interface PolicyOptions {
  /** Additional sources for `connect-src`, to load models from: `https:`, or `https://models.example.org`. */
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

/** Headers of every response. The two Cross-Origin policies enable WebAssembly threads; `frame-ancestors` works only in a header. */
export const headers = (options: PolicyOptions = {}): Readonly<Record<string, string>> => ({
  'Content-Security-Policy': `${policy(options)}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
})
