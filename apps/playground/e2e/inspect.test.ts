/** Inspect: a model by URL or from a folder, an untrusted card, and models with errors. */
import { folderOf } from '@mixflow/test-model'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { modelWithCard } from './fixtures/model.ts'
import { built, openPlayground } from './fixtures/playground.ts'

const good = await modelWithCard()

/** Waits for the samples and returns their pixels. */
async function samplesOf(page: Page): Promise<string> {
  await page.getByText(/per image on/).waitFor()
  return page
    .locator('canvas.image')
    .evaluateAll(canvases => canvases.map(canvas => (canvas as HTMLCanvasElement).toDataURL()).join())
}

describe.skipIf(built === null)('inspect a model', () => {
  it('shows manifest, quality, files and card of a URL, and the same samples for its link', async () => {
    await using open = await openPlayground({ models: { good }, viewport: { width: 1280, height: 1400 } })
    const { page } = open
    await open.go('#/inspect')
    await page.getByRole('textbox', { name: 'Model URL' }).fill('/models/good/')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('heading', { name: 'small' }).waitFor()
    await page.getByRole('heading', { name: 'A small model', level: 3 }).waitFor()
    const measures = page.getByRole('region', { name: 'Quality table' }).getByRole('row')
    expect(await measures.last().getByRole('cell').allTextContents()).toEqual([
      'fd-test',
      '12.35',
      '5',
      'heun, guidance 0.5',
      '1,000',
    ])
    expect(await page.locator('code.hash').count()).toBe(3)
    const samples = await samplesOf(page)
    expect(await open.violations()).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)

    await page.getByRole('combobox', { name: 'Class' }).selectOption('1')
    await page.getByRole('button', { name: 'Next 16' }).click()
    await page.waitForFunction(() => location.hash.includes('seed=1'))
    expect(new URL(page.url()).hash).toBe('#/inspect?from=%2Fmodels%2Fgood%2F&seed=1&label=1')
    await page.waitForFunction(before => {
      const now = [...document.querySelectorAll<HTMLCanvasElement>('canvas.image')].map(canvas => canvas.toDataURL())
      return now.join() !== before
    }, samples)

    await open.go('#/inspect?from=/models/good/')
    expect(await samplesOf(page)).toBe(samples)
    expect(open.troubles).toEqual([])
  })

  it('lists the models of the page', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/inspect')
    const buttons = page.getByRole('list', { name: 'Models on this page' }).getByRole('button')
    await buttons.first().waitFor()
    expect(await open.violations()).toEqual([])
    await buttons.filter({ hasText: 'small-rectified-flow' }).click()
    await samplesOf(page)
    expect(new URL(page.url()).hash).toBe('#/inspect?from=models%2Fsmall-rectified-flow%2F')
    expect(await buttons.evaluateAll(all => all.map(one => one.getAttribute('aria-pressed')))).toEqual([
      'false',
      'true',
    ])
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })

  it('a card cannot run scripts or send requests to another host', async () => {
    await using open = await openPlayground({ models: { good } })
    const { page } = open
    await open.go('#/inspect?from=/models/good/')
    await page.getByRole('heading', { name: 'A small model' }).waitFor()
    expect(await page.locator('.card script').count()).toBe(0)
    // only images that the manifest lists
    const image = page.getByRole('img', { name: 'nearest training images' })
    expect(await image.evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).toBe(1)
    expect(await page.locator('.card img').count()).toBe(1)
    expect(await page.getByText('[an external image]').count()).toBe(1)
    const addresses = await page.locator('.card a').evaluateAll(links => links.map(link => link.getAttribute('href')))
    expect(addresses[0]).toBe('https://arxiv.org/abs/2604.09181')
    // other schemes are not links
    expect(addresses.at(-1)).toBeNull()
    expect(addresses.filter(address => address !== null && !/^https:/.test(address))).toEqual([])
    expect(await page.title()).not.toContain('attacked')
    expect(open.troubles).toEqual([])
  })

  it('opens a local folder without a request', async () => {
    await using folder = await folderOf(good)
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/inspect')
    await page.getByLabel('Model folder').setInputFiles(folder.path)
    await page.getByRole('heading', { name: 'A small model' }).waitFor()
    await samplesOf(page)
    expect(open.troubles).toEqual([])
  })

  const changed = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte))
  const encoded = (text: string) => new TextEncoder().encode(text)
  it.each([
    [
      'a changed file',
      'MODEL_HASH_MISMATCH',
      new Map([...good, ['denoiser.onnx', changed(good.get('denoiser.onnx')!)]]),
    ],
    ['an invalid manifest', 'MANIFEST_INVALID', new Map([['mixflow.json', encoded('{"format":"mixflow-model"}')]])],
    ['a web page', 'DOWNLOAD_NOT_A_FILE', new Map([['mixflow.json', encoded('<!doctype html><p>hello')]])],
    ['a missing model', 'MODEL_NOT_FOUND|DOWNLOAD_NOT_FOUND', new Map()],
  ] as const)('%s is reported with its code and a hint', async (_, code, files) => {
    await using open = await openPlayground({ models: { bad: files } })
    const { page } = open
    await open.go('#/inspect?from=/models/bad/')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(new RegExp(`(${code}): .*Try this:`, 's'))
    expect(await open.violations()).toEqual([])
  })

  it('the policy blocks other hosts, and the error says so', async () => {
    await using elsewhere = await openPlayground({ models: { good } })
    await using open = await openPlayground()
    const { page } = open
    await open.go(`#/inspect?from=${encodeURIComponent(new URL('/models/good/', elsewhere.base).href)}`)
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/DOWNLOAD_OFFLINE.*(connect-src|policy)/s)
  })
})
