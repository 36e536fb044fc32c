/** Few steps: a matrix of images of both models for the same seeds, with curvature, error and time. */
import { describe, expect, it } from 'vitest'
import { pixelsOf, whenBusy } from './fixtures/images.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/served-models.ts'

describe.skipIf(built === null)('few steps', () => {
  it('compares the first model with its baseline, then measures both', async () => {
    await using open = await openPlayground({ viewport: { width: 1280, height: 1200 } })
    const { page } = open
    await open.go('#/few-steps?count=4&seed=3')
    await page.getByText('Done', { exact: true }).waitFor()
    expect(await page.getByRole('combobox', { name: /^Rectified flow/ }).inputValue()).toBe('small-rectified-flow')
    const rows = page.locator('.matrix-row')
    expect(await rows.locator('h2').allTextContents()).toEqual(['NFE 2Euler', 'NFE 3', 'NFE 5', 'NFE 9', 'NFE 33'])
    for (const side of ['rectified-flow', 'mixflow']) {
      const images = (await pixelsOf(page, `.matrix .${side}`)).split(',data:')
      expect(images.length).toBe(20)
      expect(new Set(images).size).toBe(20)
      const cells = await page.locator(`.comparison-measures tr.${side} td`).allTextContents()
      expect(Number(cells[0])).toBeGreaterThan(0)
      // the error decreases with the NFE
      const shown = await page.locator(`.comparison-measures tr.${side} .error`).allTextContents()
      const errors = shown.slice(0, 4).map(Number)
      expect(errors).toEqual([...errors].sort((a, b) => b - a))
      expect(cells.every(cell => /\d( m?s)?$/.test(cell))).toBe(true)
    }
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })

  it('accepts other models, and says if a model has no baseline', async () => {
    await using open = await openPlayground({ models: { other: await smallMixflow() } })
    const { page } = open
    await open.go('#/few-steps?model=/models/other/&count=4')
    await page.getByText('This model has no baseline').waitFor()
    const pressed = whenBusy(page, { press: 'Stop' })
    await page.getByRole('combobox', { name: /^Rectified flow/ }).selectOption('small-rectified-flow')
    await pressed
    await page.getByText('Stopped', { exact: true }).waitFor()
    expect(open.troubles).toEqual([])
  })
})
