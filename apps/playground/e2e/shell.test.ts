/** The frame of the page: URLs, keyboard, themes, size, and the accessibility of every view. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { built, openPlayground } from './fixtures/playground.ts'

const views = ['paths', 'generate', 'few-steps', 'kappa', 'inspect', 'device']

describe.skipIf(built === null)('the playground', () => {
  it('works by keyboard: skip link, navigation, content; the URL follows', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('')
    expect(await page.title()).toBe('Paths · MixFlow playground')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')

    await page.getByRole('link', { name: 'Device' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your device' }).waitFor()
    expect(page.url()).toBe(`${open.base}#/device`)
    expect(await page.title()).toBe('Device · MixFlow playground')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
    expect(await page.locator('nav [aria-current]').textContent()).toBe('Device')
    await page.goBack()
    await page.getByRole('heading', { name: 'Straight paths need few steps' }).waitFor()
    expect(open.troubles).toEqual([])
  })

  it('follows the system’s theme until another is chosen, which is remembered', async () => {
    await using open = await openPlayground({ colorScheme: 'dark' })
    const { page } = open
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
    await open.go('#/device')
    expect(await scheme()).toBe('dark')
    await page.getByRole('button', { name: 'Switch to light theme' }).click()
    expect(await scheme()).toBe('light')
    await page.reload()
    await page.getByRole('button', { name: 'Switch to dark theme' }).waitFor()
    expect(await scheme()).toBe('light')
    expect(open.troubles).toEqual([])
  })

  it.each([
    ['light', 1280, 900],
    ['dark', 1280, 900],
    ['light', 360, 740],
    ['dark', 360, 740],
  ] as const)(
    'has no axe violations, overflow or layout shifts in %s at %i × %i',
    async (colorScheme, width, height) => {
      await using open = await openPlayground({ colorScheme, viewport: { width, height } })
      const { page } = open
      for (const view of views) {
        await open.go(`#/${view}`)
        await page.locator('.loading').waitFor({ state: 'detached' })
        if (view === 'generate') await page.getByText(/per image · NFE/).waitFor()
        if (view === 'kappa') await page.getByText(/for 8 images/).waitFor()
        if (view === 'paths') await page.getByText(/^Step \d+$/).waitFor()
        expect(await open.violations(), view).toEqual([])
        const [shifts, overflow] = await page.evaluate(async () => {
          const seen = new Promise<PerformanceEntryList>(resolve => {
            const observer = new PerformanceObserver(list => resolve(list.getEntries()))
            observer.observe({ type: 'layout-shift', buffered: true })
            setTimeout(() => resolve([]), 100)
          })
          const sum = (await seen).reduce(
            (total, entry) => total + (entry as PerformanceEntry & { value: number }).value,
            0,
          )
          return [sum, document.documentElement.scrollWidth - innerWidth] as const
        })
        expect(overflow, view).toBeLessThanOrEqual(0)
        expect(shifts, view).toBeLessThan(0.05)
      }
      expect(open.troubles).toEqual([])
    },
  )

  it('is at most 250 kB compressed, without the runtimes', async () => {
    const assets = join(built!.folder, 'assets')
    const sizes = await Promise.all(
      (await readdir(assets)).map(async name => ({
        name,
        kilobytes: gzipSync(await readFile(join(assets, name)), { level: 9 }).length / 1000,
      })),
    )
    // ONNX Runtime; the training worker is almost only tfjs
    const isRuntime = (name: string) => /\.wasm$|^ort|^training-worker-/.test(name)
    const total = (some: typeof sizes) => some.reduce((sum, { kilobytes }) => sum + kilobytes, 0)
    // the sampler for pages without a worker, which is loaded instead of the one in the worker
    const isFallback = (name: string) => name.startsWith('open-model-')
    const page = sizes.filter(({ name }) => !isRuntime(name) && !isFallback(name))
    expect(sizes.filter(({ name }) => isFallback(name)).length).toBe(1)
    const training = sizes.filter(({ name }) => name.startsWith('training-worker-'))
    console.log(
      `playground: ${total(page).toFixed(0)} kB for all views, and ${total(training).toFixed(0)} kB of scripts with tfjs (gzip)`,
    )
    expect(training.length).toBe(1)
    expect(total(page)).toBeLessThan(250)
  })
})
