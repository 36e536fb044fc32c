/** Paths: training, pausing, changing settings, and the state in the URL. */
import { watchMainThread } from '@mixflow/page/main-thread'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { built, openPlayground } from './fixtures/playground.ts'

const stepOf = async (page: Page) => Number((await page.locator('output.step').textContent())?.replace(/\D/g, ''))
const reached = (page: Page, step: number) =>
  page.waitForFunction(
    target => Number(document.querySelector('output.step')?.textContent?.replace(/\D/g, '')) >= target,
    step,
  )

/** Returns the y coordinates of the first points of each line in the charts. */
const chartsOf = (page: Page, points: number) =>
  page.evaluate(
    count =>
      [...document.querySelectorAll('polyline')].map(line =>
        (line.getAttribute('points') ?? '')
          .split(' ')
          .slice(0, count)
          .map(point => point.split(',')[1]),
      ),
    points,
  )

/** Returns the number of drawn pixels of a canvas. */
const inkOf = (page: Page, name: RegExp) =>
  page.getByRole('img', { name }).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return data.filter((value, i) => i % 4 === 3 && value > 0).length
  })

describe.skipIf(built === null)('paths', () => {
  it('trains and draws both flows; pauses, resumes, restarts', async () => {
    await using open = await openPlayground({ viewport: { width: 1280, height: 1400 } })
    const { page } = open
    await open.go('#/paths')
    await reached(page, 10)
    for (const name of [/^Rectified flow. Lines/, /^MixFlow. Lines/, /^MixFlow. The learned/, /^MixFlow. Paths/]) {
      expect(await inkOf(page, name)).toBeGreaterThan(500)
    }
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await page.waitForTimeout(1500)
    const paused = await stepOf(page)
    await page.waitForTimeout(1500)
    expect(await stepOf(page)).toBe(paused)
    await page.getByRole('button', { name: 'Resume' }).click()
    await reached(page, paused + 5)
    await page.getByRole('button', { name: 'Restart' }).click()
    await page.waitForFunction(
      before => Number(document.querySelector('output.step')?.textContent?.replace(/\D/g, '')) < before,
      paused,
    )
    expect(open.troubles).toEqual([])
  })

  it('a link reproduces the run and the state of all controls', async () => {
    const hash = '#/paths?data=spirals&seed=7&beta=0.2&w=half&t=0.75&steps=4'
    const seen: unknown[] = []
    for (let i = 0; i < 2; i++) {
      await using open = await openPlayground()
      const { page } = open
      await open.go(hash)
      await reached(page, 10)
      seen.push(await chartsOf(page, 3))
      const pressed = await page.locator('[aria-pressed=true]').allTextContents()
      expect(pressed).toEqual(['Spirals', '½', '4'])
      expect(await page.getByRole('textbox', { name: 'Seed' }).inputValue()).toBe('7')
      expect(await page.getByRole('slider', { name: 'KL weight β' }).getAttribute('aria-valuetext')).toBe('0.2')
      expect(open.troubles).toEqual([])
    }
    expect(seen[1]).toEqual(seen[0])
    expect(JSON.stringify(seen[0])).toMatch(/\d/)
  })

  it('can be changed by pointer and keyboard, and the URL follows', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/paths')
    await page.getByRole('button', { name: 'Checkerboard' }).click()
    await page.getByRole('button', { name: '8', exact: true }).click()
    await page.getByRole('slider', { name: /^Time t/ }).focus()
    await page.keyboard.press('End')
    await page.getByRole('button', { name: 'Increase seed' }).click()
    await page.waitForFunction(() => location.hash.includes('seed=2'))
    expect(new URL(page.url()).hash).toBe('#/paths?data=checkerboard&seed=2&t=1&steps=8')
    await reached(page, 5)
    expect(open.troubles).toEqual([])
  })

  it('learns a drawing by pointer or keyboard, and stores it in the URL', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/paths')
    await page.getByRole('button', { name: 'Drawing' }).click()
    await page.getByRole('button', { name: 'Edit drawing…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Clear' }).click()
    expect(await dialog.getByRole('button', { name: 'Use this drawing' }).isDisabled()).toBe(true)
    const board = dialog.getByRole('application')
    const { x, y, width } = (await board.boundingBox())!
    await page.mouse.move(x + 0.2 * width, y + 0.2 * width)
    await page.mouse.down()
    await page.mouse.move(x + 0.8 * width, y + 0.8 * width, { steps: 5 })
    await page.mouse.up()
    await board.focus()
    for (const key of ['ArrowUp', ' ', 'ArrowRight', 'ArrowRight', ' ']) await page.keyboard.press(key)
    expect(await open.violations()).toEqual([])
    await dialog.getByRole('button', { name: 'Use this drawing' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(page.url()).toMatch(/data=drawing&drawing=[\w-]+\.[\w-]+$/)
    await reached(page, 5)
    expect(open.troubles).toEqual([])
  })

  it('does not block the page: no task of the main thread takes 50 ms of CPU time', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/paths')
    await reached(page, 5)
    const { longest } = await watchMainThread(page, async () => reached(page, (await stepOf(page)) + 15))
    expect(longest.cpu).toBeLessThan(50)
  })
})
