/** Generate, as a visitor does: pictures come, change, can be stopped and saved; a link makes the same ones elsewhere. */

import { watchMainThread } from '@mixflow/page/main-thread'
import { folderOf } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { atBeginning, galleryOf, pixelsOf } from './fixtures/pictures.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/zoo.ts'

describe.skipIf(built === null)('generate', () => {
  it('makes pictures; what is changed stands in the address, and a link makes the same in a fresh profile', async () => {
    const seen: string[] = []
    let link = '#/generate'
    {
      await using open = await openPlayground()
      const { page } = open
      await open.go(link)
      const first = await galleryOf(page)
      expect(first.split(',data:').length).toBe(16)
      await page.getByRole('button', { name: 'Seed: one more' }).click()
      await page.getByRole('button', { name: '4', exact: true }).click()
      await page.getByRole('combobox', { name: 'Class' }).selectOption('2')
      await page.getByRole('combobox', { name: 'Solver' }).selectOption('euler')
      await page.getByRole('slider', { name: 'Evaluations' }).focus()
      await page.keyboard.press('Home')
      await page.getByRole('slider', { name: 'Guidance' }).focus()
      await page.keyboard.press('ArrowRight')
      await page.getByText(/NFE 2, euler/).waitFor()
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

  it('shows a picture with its way from noise, and saves it or all of them', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?count=4&seed=5')
    await galleryOf(page)
    await page.getByRole('button', { name: /^Picture 1, class/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.way li').nth(3).waitFor()
    expect(await dialog.locator('.way li span').allTextContents()).toEqual(['t = 0', 't = 0.33', 't = 0.67', 't = 1'])
    // sampled by itself, it is the same
    const [large, last] = await Promise.all([pixelsOf(page, '.large-picture'), pixelsOf(page, '.way li:last-child')])
    expect(last).toBe(large)
    expect(await open.violations()).toEqual([])
    const picture = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Save as PNG' }).click()
    expect((await picture).suggestedFilename()).toBe('small-seed5-heun5-1.png')
    await dialog.getByRole('button', { name: 'Close' }).click()
    const all = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save all' }).click()
    expect((await all).suggestedFilename()).toBe('small-seed5-heun5.png')
    expect(open.troubles).toEqual([])
  })

  it('shows the pictures of each step, and stops when told', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?solver=euler&nfe=1000&seed=9007199254740992')
    await page.getByText(/^Step \d+ of 1000$/).waitFor()
    // a seed that would be rounded is not used in silence
    const refused = await page.locator('.refused-values').textContent()
    expect(refused).toMatch(/seed=9007199254740992 must be a whole number from 0 to 9007199254740991; \d+ is used/)
    const during = await pixelsOf(page, '.gallery')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText(/^Stopped after step \d+$/).waitFor()
    expect(await pixelsOf(page, '.gallery')).not.toBe(during)
    await page.getByRole('button', { name: 'Again' }).click()
    await page.getByText(/^Step \d+ of 1000$/).waitFor()
    expect(open.troubles).toEqual([])
  })

  it('without models of its own it says so, and opens one by address or folder', async () => {
    const files = await smallMixflow()
    await using folder = await folderOf(files)
    await using open = await openPlayground({ isWithoutZoo: true, models: { mine: files } })
    const { page } = open
    await open.go('#/generate')
    await page.getByText('This page was built without models').waitFor()
    expect(await open.violations()).toEqual([])
    await page.getByRole('textbox', { name: 'Address of a model' }).fill('/models/mine/')
    await page.getByRole('button', { name: 'Open' }).click()
    const byAddress = await galleryOf(page)
    expect(new URL(page.url()).hash).toBe('#/generate?model=%2Fmodels%2Fmine%2F')
    await page.getByRole('combobox', { name: 'Model' }).selectOption('…')
    await page.getByLabel('Folder of a model').setInputFiles(folder.path)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.waitForFunction(() => location.hash.includes('folder'))
    expect(await galleryOf(page)).toBe(byAddress)
    // a folder is of this page alone
    await page.reload()
    expect(await page.getByRole('alert').textContent()).toMatch(/MODEL_NOT_FOUND.*What to do:/s)
    expect(open.troubles).toEqual([])
  })

  it('leaves the page free while it samples', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?count=64&solver=euler&nfe=33')
    await galleryOf(page)
    const { longest } = await watchMainThread(page, async () => {
      const hasBegun = atBeginning(page)
      await page.getByRole('button', { name: 'Again' }).click()
      await hasBegun
      await galleryOf(page)
    })
    console.log(`playground: longest task while sampling, ${longest.processor.toFixed(0)} ms of the processor`)
    expect(longest.processor).toBeLessThan(50)
  })
})
