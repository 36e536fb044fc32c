/** The frame: addresses, keyboard, themes, sizes; and that every view is sound for whoever cannot see it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { built, openPlayground } from './fixtures/playground.ts'

const views = ['paths', 'generate', 'few-steps', 'kappa', 'inspect', 'capabilities']

describe.skipIf(built === null)('the playground', () => {
  it('is walked by keyboard: skip link, views, content; the address says where one is', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('')
    expect(await page.title()).toBe('Watch the paths · MixFlow playground')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')

    await page.getByRole('link', { name: 'Capabilities' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'What this machine can do' }).waitFor()
    expect(page.url()).toBe(`${open.base}#/capabilities`)
    expect(await page.title()).toBe('Capabilities · MixFlow playground')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
    expect(await page.locator('nav [aria-current]').textContent()).toBe('Capabilities')
    await page.goBack()
    await page.getByRole('heading', { name: 'Straight paths need few steps' }).waitFor()
    expect(open.troubles).toEqual([])
  })

  it('has a theme of the system, until another is chosen, which stays', async () => {
    await using open = await openPlayground({ colorScheme: 'dark' })
    const { page } = open
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
    await open.go('#/capabilities')
    expect(await scheme()).toBe('dark')
    await page.getByRole('button', { name: 'Light theme' }).click()
    expect(await scheme()).toBe('light')
    await page.reload()
    await page.getByRole('button', { name: 'Dark theme' }).waitFor()
    expect(await scheme()).toBe('light')
    expect(open.troubles).toEqual([])
  })

  it.each([
    ['light', 1280, 900],
    ['dark', 1280, 900],
    ['light', 360, 740],
    ['dark', 360, 740],
  ] as const)(
    'axe finds nothing in %s at %i × %i, nothing is cut off, nothing jumps',
    async (colorScheme, width, height) => {
      await using open = await openPlayground({ colorScheme, viewport: { width, height } })
      const { page } = open
      for (const view of views) {
        await open.go(`#/${view}`)
        await page.locator('.loading').waitFor({ state: 'detached' })
        if (view === 'generate') await page.getByText(/a picture, NFE/).waitFor()
        if (view === 'kappa') await page.getByText(/for all 8/).waitFor()
        if (view === 'paths') await page.getByText(/^step \d+$/).waitFor()
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

  it('weighs at most 250 kB, compressed, without the runtimes', async () => {
    const assets = join(built!.folder, 'assets')
    const weights = await Promise.all(
      (await readdir(assets)).map(async name => ({
        name,
        kilobytes: gzipSync(await readFile(join(assets, name)), { level: 9 }).length / 1000,
      })),
    )
    // ONNX Runtime; tfjs is nearly all of the worker that trains
    const isRuntime = (name: string) => /\.wasm$|^ort|^training-worker-/.test(name)
    const total = (some: typeof weights) => some.reduce((sum, { kilobytes }) => sum + kilobytes, 0)
    // the sampler again, for where it cannot be had in its worker: nobody loads both
    const isSpare = (name: string) => name.startsWith('open-model-')
    const own = weights.filter(({ name }) => !isRuntime(name) && !isSpare(name))
    expect(weights.filter(({ name }) => isSpare(name)).length).toBe(1)
    const training = weights.filter(({ name }) => name.startsWith('training-worker-'))
    console.log(
      `playground: ${total(own).toFixed(0)} kB for all views, and ${total(training).toFixed(0)} kB of scripts with tfjs (gzip)`,
    )
    expect(training.length).toBe(1)
    expect(total(own)).toBeLessThan(250)
  })
})
