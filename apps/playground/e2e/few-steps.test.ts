/** Few steps, side by side: a matrix of the same seeds through both models, with what they cost and how curved their paths are. */
import { describe, expect, it } from 'vitest'
import { atBeginning, pixelsOf } from './fixtures/pictures.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/zoo.ts'

describe.skipIf(built === null)('few steps, side by side', () => {
  it('fills the matrix with the zoo’s model and its twin, then measures both', async () => {
    await using open = await openPlayground({ viewport: { width: 1280, height: 1200 } })
    const { page } = open
    await open.go('#/few-steps?count=4&seed=3')
    await page.getByText('Done', { exact: true }).waitFor()
    expect(await page.getByRole('combobox', { name: 'Rectified flow' }).inputValue()).toBe('small-rectified-flow')
    const rows = page.locator('.matrix-row')
    expect(await rows.locator('h2').allTextContents()).toEqual(['2 NFEEuler', '3 NFE', '5 NFE', '9 NFE', '33 NFE'])
    for (const side of ['rectified-flow', 'mixflow']) {
      const pictures = (await pixelsOf(page, `.matrix .${side}`)).split(',data:')
      expect(pictures.length).toBe(20)
      expect(new Set(pictures).size).toBe(20)
      const cells = await page.locator(`.comparison-measures tr.${side} td`).allTextContents()
      expect(Number(cells[0])).toBeGreaterThan(0)
      // the more evaluations, the nearer to the last
      const off = cells.slice(1, 5).map(cell => Number(/^[\d.]+/.exec(cell)?.[0]))
      expect(off).toEqual([...off].sort((a, b) => b - a))
      expect(cells.every(cell => /\d( m?s)?$/.test(cell))).toBe(true)
    }
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })

  it('takes other models, and says where there is no twin', async () => {
    await using open = await openPlayground({ models: { other: await smallMixflow() } })
    const { page } = open
    await open.go('#/few-steps?model=/models/other/&count=4')
    await page.getByText('This model came without a twin').waitFor()
    const pressed = atBeginning(page, { press: 'Stop' })
    await page.getByRole('combobox', { name: 'Rectified flow' }).selectOption('small-rectified-flow')
    await pressed
    await page.getByText('Stopped', { exact: true }).waitFor()
    expect(open.troubles).toEqual([])
  })
})
