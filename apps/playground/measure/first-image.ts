/**
 * Measures how long a visitor waits for images: from the navigation until they are in the gallery of the built page, in Chromium on
 * WebAssembly over the loopback interface. The first visit has an empty profile; the second has the page's files in the cache, the third
 * or fourth also the compiled WebAssembly. Also measures the longest task of the main thread.
 *
 *   npx -y pnpm@12 turbo run build --filter=playground && npx -y pnpm@12 --filter playground run first-image
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findChromium } from '@mixflow/page'
import { type BrowserContext, chromium } from 'playwright-core'
import { preview } from 'vite'

const { values } = parseArgs({
  options: {
    at: { type: 'string', default: '#/generate' },
    rounds: { type: 'string', default: '5' },
  },
})

/** In milliseconds: from the navigation to the images, and the longest task until then. */
interface Seen {
  images: number
  longest: number
}

const root = fileURLToPath(new URL('..', import.meta.url))
const server = await preview({ root, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
const address = `${server.resolvedUrls!.local[0]}${values.at}`
const executablePath = findChromium()
if (executablePath === null) process.exit(1) // findChromium has printed the reason

async function visit(context: BrowserContext): Promise<Seen> {
  const page = await context.newPage()
  await page.addInitScript(() => {
    const seen = { images: 0, longest: 0 }
    Object.assign(globalThis, { seen })
    const tasks = new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration)
    })
    tasks.observe({ type: 'longtask', buffered: true })
    new MutationObserver(() => {
      if (seen.images === 0 && /per image · NFE/.test(document.body?.textContent ?? ''))
        requestAnimationFrame(() => {
          seen.images ||= performance.now()
        })
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(address)
  await page.getByText(/per image · NFE/).waitFor()
  const seen = await page.evaluate(async () => {
    const { seen } = globalThis as unknown as { seen: Seen }
    while (seen.images === 0) await new Promise(requestAnimationFrame)
    return seen
  })
  // the browser writes its caches now
  await page.waitForTimeout(2000)
  await page.close()
  return seen
}

const seen: Seen[][] = []
for (let round = 0; round < Number(values.rounds); round++) {
  const profile = await mkdtemp(join(tmpdir(), 'mixflow-profile-'))
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: ['--no-sandbox'] })
  const visits = []
  for (let i = 0; i < 4; i++) visits.push(await visit(context))
  seen.push(visits)
  await context.close()
  await rm(profile, { recursive: true, force: true })
}

for (const [i, name] of [
  [0, 'first visit'],
  [1, 'second visit'],
  [3, 'fourth visit'],
] as const) {
  const middle = (of: keyof Seen) =>
    seen.map(visits => visits[i]![of]).sort((a, b) => a - b)[Math.floor(seen.length / 2)]!
  console.log(
    `${name}: images after ${(middle('images') / 1000).toFixed(2)} s, longest task ${middle('longest').toFixed(0)} ms`,
  )
}
process.exit()
