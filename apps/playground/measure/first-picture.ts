/**
 * How long a visitor waits for pictures: from the navigation to the moment they stand in the gallery of the built page, with an empty
 * profile (cold) and on the next visit (warm), in Chromium on WebAssembly over the loopback. Also the longest task of the page's
 * main thread meanwhile.
 *
 *   npx -y pnpm@12 turbo run build --filter=playground && npx -y pnpm@12 --filter playground run first-picture
 */
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

const visits = ['cold', 'warm'] as const
type Visits = Record<(typeof visits)[number], number>

const root = fileURLToPath(new URL('..', import.meta.url))
const server = await preview({ root, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
const address = `${server.resolvedUrls!.local[0]}${values.at}`
const executablePath = findChromium()
if (executablePath === null) process.exit(1) // what is missing has been said

/** Milliseconds from the navigation until the pictures are there, and the longest task until then. */
async function visit(context: BrowserContext) {
  const page = await context.newPage()
  await page.addInitScript(() => {
    const seen = { pictures: 0, longest: 0 }
    Object.assign(globalThis, { seen })
    const tasks = new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration)
    })
    tasks.observe({ type: 'longtask', buffered: true })
    new MutationObserver(() => {
      if (seen.pictures === 0 && /a picture, NFE/.test(document.body?.textContent ?? ''))
        requestAnimationFrame(() => {
          seen.pictures ||= performance.now()
        })
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(address)
  await page.waitForFunction('seen.pictures > 0', undefined, { polling: 50 })
  const seen = await page.evaluate('seen')
  // what the first visit leaves for the next one is written now
  await page.waitForTimeout(2000)
  await page.close()
  return seen as { pictures: number; longest: number }
}

const times: Visits[] = []
const longest: Visits[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const context = await browser.newContext()
  const [cold, warm] = [await visit(context), await visit(context)]
  times.push({ cold: cold.pictures, warm: warm.pictures })
  longest.push({ cold: cold.longest, warm: warm.longest })
  await browser.close()
}

const middle = (of: readonly Visits[], which: keyof Visits) =>
  of.map(each => each[which]).sort((a, b) => a - b)[Math.floor(of.length / 2)]!
for (const which of visits) {
  const seconds = (middle(times, which) / 1000).toFixed(2)
  console.log(`${which}: pictures after ${seconds} s, longest task ${middle(longest, which).toFixed(0)} ms`)
}
process.exit()
