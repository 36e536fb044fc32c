/** κ-FC: an image that is drawn, chosen or from a file, the encoder's output, and images that follow the slider. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { pixelsOf } from './fixtures/images.ts'
import { built, openPlayground } from './fixtures/playground.ts'

/** Waits until the images are generated with this w, and returns their pixels. */
async function imagesAt(page: Page, w: string): Promise<string> {
  await page.getByText(`at w = ${w}`).waitFor()
  await page.locator('.source[aria-busy=false]').waitFor()
  return pixelsOf(page, '.source figure:last-of-type')
}

describe.skipIf(built === null)('κ-FC', () => {
  it('shows mean, variance, source and images, which follow w', async () => {
    await using open = await openPlayground({ viewport: { width: 1280, height: 1200 } })
    const { page } = open
    await open.go('#/kappa')
    await page.getByText(/s for 8 images/).waitFor()
    const half = await imagesAt(page, '0.50')
    const encoder = await pixelsOf(page, '.encoder')
    expect(new Set(encoder.split(',data:')).size).toBe(2)
    const w = page.getByRole('slider', { name: 'Mixture weight w' })
    await w.focus()
    await page.keyboard.press('End')
    const whole = await imagesAt(page, '1.00')
    expect(whole).not.toBe(half)
    expect(new URL(page.url()).hash).toBe('#/kappa?w=1')
    // at w = 0 the image has no effect
    await page.keyboard.press('Home')
    await page.getByRole('combobox', { name: 'Class' }).selectOption('1')
    await page.waitForFunction(() => location.hash.includes('label=1'))
    const none = await imagesAt(page, '0.00')
    await page.getByRole('button', { name: 'Example 5' }).click()
    await page.getByRole('combobox', { name: 'Class' }).selectOption('1')
    await expect.poll(() => pixelsOf(page, '.encoder'), { timeout: 120_000 }).not.toBe(encoder)
    await expect.poll(() => imagesAt(page, '0.00'), { timeout: 120_000 }).toBe(none)
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })

  it('accepts drawings by pointer or keyboard, files, and inverted images', async () => {
    await using open = await openPlayground({ viewport: { width: 1280, height: 1000 } })
    const { page } = open
    await open.go('#/kappa')
    await imagesAt(page, '0.50')
    await page.getByRole('button', { name: 'Clear' }).click()
    const board = page.getByRole('application')
    const { x, y, width, height } = (await board.boundingBox())!
    await page.mouse.move(x + 0.5 * width, y + 0.2 * height)
    await page.mouse.down()
    await page.mouse.move(x + 0.5 * width, y + 0.8 * height, { steps: 4 })
    await page.mouse.up()
    const drawn = await pixelsOf(page, '.drawing-pad')
    await board.focus()
    for (const key of [' ', 'ArrowRight', 'ArrowRight', ' ']) await page.keyboard.press(key)
    const more = await pixelsOf(page, '.drawing-pad')
    expect(more).not.toBe(drawn)
    expect(new URL(page.url()).hash).toContain('example=-1')
    await page.getByRole('button', { name: 'Invert' }).click()
    await page.waitForFunction(
      before => document.querySelector<HTMLCanvasElement>('.drawing-pad canvas')!.toDataURL() !== before,
      more,
    )
    const icon = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
    await page.getByLabel('Image file').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: icon })
    expect(await page.getByRole('alert').textContent()).toMatch(/ARGUMENT_INVALID.*cannot read the file.*Try this:/s)
    const shot = await page.screenshot()
    await page.getByLabel('Image file').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: shot })
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await imagesAt(page, '0.50')
    expect(open.troubles).toEqual([])
  })

  it('says if a model has no image encoder', async () => {
    await using open = await openPlayground()
    await open.go('#/kappa?model=small-rectified-flow')
    await open.page.getByText('It is a rectified flow').waitFor()
    expect(open.troubles).toEqual([])
  })
})
