/** The examples as the rehearsal runs them: where each expects its model, and how it is built and started. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../src/workspace/workspace.ts'

export interface WebExample {
  readonly name: string
  /** Where its model is. */
  readonly model: string
  readonly build: boolean
  readonly start: (port: string) => readonly string[]
  /** Whether its framework writes scripts and styles into the page itself, which a policy must allow. */
  readonly inline: boolean
  /** Whether a server renders the page. */
  readonly rendered: boolean
  /** A route of its server that answers with image 0 as a PNG file. */
  readonly route?: string
}

const npmStart =
  (...flags: readonly string[]) =>
  (port: string) => ['start', '--', ...flags.map(flag => (flag === 'PORT' ? port : flag))]

/** The longest first. */
export const webExamples: readonly WebExample[] = [
  {
    name: 'next',
    ...{ model: 'public/model', build: true, inline: true, rendered: true, route: 'api/image?seed=42' },
    start: npmStart('--hostname', '127.0.0.1', '--port', 'PORT'),
  },
  {
    name: 'webpack',
    ...{ model: 'public/model', build: true, inline: false, rendered: false },
    start: npmStart(),
  },
  {
    name: 'sveltekit',
    ...{ model: 'static/model', build: true, inline: true, rendered: true },
    start: npmStart(),
  },
  {
    name: 'vite',
    ...{ model: 'public/model', build: true, inline: false, rendered: false },
    start: npmStart('--host', '127.0.0.1', '--port', 'PORT'),
  },
  {
    name: 'no-bundler',
    ...{ model: 'model', build: false, inline: false, rendered: false },
    start: npmStart(),
  },
]

/** The policy of sdk-web's README, and what a page needs besides. */
export function policyOf({ inline }: WebExample): string {
  const itself = inline ? "'self' 'unsafe-inline'" : "'self'"
  return [
    "default-src 'none'",
    `script-src ${itself} 'wasm-unsafe-eval'`,
    "connect-src 'self'",
    "worker-src 'self'",
    `style-src ${itself}`,
    "img-src 'self' data:",
  ].join('; ')
}

export const copyExample = (name: string, to: string): Promise<void> =>
  cp(join(root, 'examples', name), to, {
    recursive: true,
    // of somebody who tried it here
    filter: path => !/\/(node_modules|\.next|\.svelte-kit|build|dist|model|pictures|package-lock\.json)$/.test(path),
  })
