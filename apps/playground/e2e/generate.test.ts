/** Generate: images change with the settings, can be stopped and saved, and a link reproduces them. */

import { watchMainThread } from '@mixflow/page/main-thread'
import { folderOf } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { galleryOf, pixelsOf, whenBusy } from './fixtures/images.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/served-models.ts'

describe.skipIf(built === null)('generate', () => {
  it('generates images; the URL contains changed settings, and a link gives the same images in a new profile', async () => {
    const seen: string[] = []
    let link = '#/generate'
    {
      await using open = await openPlayground()
      const { page } = open
      await open.go(link)
      const first = await galleryOf(page)
      expect(first.split(',data:').length).toBe(16)
      await page.getByRole('button', { name: 'Increase seed' }).click()
      await page.getByRole('button', { name: '4', exact: true }).click()
      await page.getByRole('combobox', { name: 'Class' }).selectOption('2')
      await page.getByRole('combobox', { name: 'Solver' }).selectOption('euler')
      await page.getByRole('slider', { name: /NFE/ }).focus()
      await page.keyboard.press('Home')
      await page.getByRole('slider', { name: 'Guidance' }).focus()
      await page.keyboard.press('ArrowRight')
      await page.getByText(/NFE 1 · euler/).waitFor()
      link = new URL(page.url()).hash
      expect(link).toBe('#/generate?seed=1&count=4&label=2&solver=euler&nfe=1&guidance=0.25')
      seen.push(await galleryOf(page))
      expect(first).not.toContain(seen[0])
      expect(await open.violations()).toEqual([])
      expect(open.troubles).toEqual([])
    }
    await using fresh = await openPlayground()
    await fresh.go(link)
    expect(await galleryOf(fresh.page)).toBe(seen[0])
    expect(fresh.troubles).toEqual([])
  })

  it('shows an image with its path from noise, and saves one image or all', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?count=4&seed=5')
    await galleryOf(page)
    await page.getByRole('button', { name: /^Image 1, class/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.frames li').nth(3).waitFor()
    expect(await dialog.locator('.frames li span').allTextContents()).toEqual([
      't = 0',
      't = 0.33',
      't = 0.67',
      't = 1',
    ])
    // sampled by itself, the image is the same
    const [large, last] = await Promise.all([pixelsOf(page, '.large-image'), pixelsOf(page, '.frames li:last-child')])
    expect(last).toBe(large)
    expect(await open.violations()).toEqual([])
    const single = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Save PNG' }).click()
    expect((await single).suggestedFilename()).toBe('small-seed5-heun5-1.png')
    await dialog.getByRole('button', { name: 'Close' }).click()
    const all = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save grid' }).click()
    expect((await all).suggestedFilename()).toBe('small-seed5-heun5.png')
    expect(open.troubles).toEqual([])
  })

  it('shows the images of each step, and stops on request', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?solver=euler&nfe=1000&seed=9007199254740992')
    await page.getByText(/^Step \d+ of 1000$/).waitFor()
    // a seed that would be rounded is reported
    const ignored = await page.locator('.ignored-values').textContent()
    expect(ignored).toMatch(/seed=9007199254740992 must be an integer from 0 to 9007199254740991; using \d+/)
    const during = await pixelsOf(page, '.gallery')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText(/^Stopped after step \d+$/).waitFor()
    expect(await pixelsOf(page, '.gallery')).not.toBe(during)
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.getByText(/^Step \d+ of 1000$/).waitFor()
    expect(open.troubles).toEqual([])
  })

  it('a page without models opens one by URL or from a folder', async () => {
    const files = await smallMixflow()
    await using folder = await folderOf(files)
    await using open = await openPlayground({ hasNoModels: true, models: { mine: files } })
    const { page } = open
    await open.go('#/generate')
    await page.getByText('No models are installed on this page').waitFor()
    expect(await open.violations()).toEqual([])
    await page.getByRole('textbox', { name: 'Model URL' }).fill('/models/mine/')
    await page.getByRole('button', { name: 'Open' }).click()
    const byUrl = await galleryOf(page)
    expect(new URL(page.url()).hash).toBe('#/generate?model=%2Fmodels%2Fmine%2F')
    await page.getByRole('combobox', { name: 'Model' }).selectOption('…')
    await page.getByLabel('Model folder').setInputFiles(folder.path)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.waitForFunction(() => location.hash.includes('folder'))
    expect(await galleryOf(page)).toBe(byUrl)
    // a link cannot contain a local folder
    await page.reload()
    expect(await page.getByRole('alert').textContent()).toMatch(/MODEL_NOT_FOUND.*Try this:/s)
    expect(open.troubles).toEqual([])
  })

  it('does not block the page while it samples', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?count=64&solver=euler&nfe=33')
    await galleryOf(page)
    const { longest } = await watchMainThread(page, async () => {
      const started = whenBusy(page)
      await page.getByRole('button', { name: 'Run again' }).click()
      await started
      await galleryOf(page)
    })
    console.log(`playground: longest task while sampling, ${longest.cpu.toFixed(0)} ms of CPU time`)
    expect(longest.cpu).toBeLessThan(50)
  })
})
