/** Inspect a model: an address, a folder, a card that cannot be trusted, and everything that may be wrong with it. */
import { folderOf } from '@mixflow/test-model'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { modelWithCard } from './fixtures/model.ts'
import { built, openPlayground } from './fixtures/playground.ts'

const good = await modelWithCard()

/** The pixels of all pictures, once they are there. */
async function picturesOf(page: Page): Promise<string> {
  await page.getByText(/evaluations each/).waitFor()
  return page
    .locator('canvas.picture')
    .evaluateAll(canvases => canvases.map(canvas => (canvas as HTMLCanvasElement).toDataURL()).join())
}

describe.skipIf(built === null)('inspect a model', () => {
  it('shows manifest, quality, files and card of an address, and the same pictures for its link', async () => {
    await using open = await openPlayground({ models: { good }, viewport: { width: 1280, height: 1400 } })
    const { page } = open
    await open.go('#/inspect')
    await page.getByRole('textbox', { name: 'Address of a model' }).fill('/models/good/')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('heading', { name: 'small' }).waitFor()
    await page.getByRole('heading', { name: 'A small model', level: 3 }).waitFor()
    const measures = page.getByRole('region', { name: 'Table of measures' }).getByRole('row')
    expect(await measures.last().getByRole('cell').allTextContents()).toEqual([
      'fd-test',
      '12.35',
      '5',
      'heun, guided 0.5',
      '1,000',
    ])
    expect(await page.locator('code.hash').count()).toBe(3)
    const pictures = await picturesOf(page)
    expect(await open.violations()).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)

    await page.getByRole('combobox', { name: 'Class' }).selectOption('1')
    await page.getByRole('button', { name: '16 more' }).click()
    await page.waitForFunction(() => location.hash.includes('seed=1'))
    expect(new URL(page.url()).hash).toBe('#/inspect?from=%2Fmodels%2Fgood%2F&seed=1&label=1')
    await page.waitForFunction(before => {
      const now = [...document.querySelectorAll<HTMLCanvasElement>('canvas.picture')].map(canvas => canvas.toDataURL())
      return now.join() !== before
    }, pictures)

    await open.go('#/inspect?from=/models/good/')
    expect(await picturesOf(page)).toBe(pictures)
    expect(open.troubles).toEqual([])
  })

  it('offers the models that the page has', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/inspect')
    const own = page.getByRole('list', { name: 'Models of this page' }).getByRole('button')
    await own.first().waitFor()
    expect(await open.violations()).toEqual([])
    await own.filter({ hasText: 'small-rectified-flow' }).click()
    await picturesOf(page)
    expect(new URL(page.url()).hash).toBe('#/inspect?from=models%2Fsmall-rectified-flow%2F')
    expect(await own.evaluateAll(all => all.map(one => one.getAttribute('aria-pressed')))).toEqual(['false', 'true'])
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })

  it('a card cannot run anything, nor ask another host', async () => {
    await using open = await openPlayground({ models: { good } })
    const { page } = open
    await open.go('#/inspect?from=/models/good/')
    await page.getByRole('heading', { name: 'A small model' }).waitFor()
    expect(await page.locator('.card script').count()).toBe(0)
    // of the pictures those that the manifest vouches for
    const picture = page.getByRole('img', { name: 'what it learnt from' })
    expect(await picture.evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).toBe(1)
    expect(await page.locator('.card img').count()).toBe(1)
    expect(await page.getByText('[a picture from elsewhere]').count()).toBe(1)
    const addresses = await page.locator('.card a').evaluateAll(links => links.map(link => link.getAttribute('href')))
    expect(addresses[0]).toBe('https://arxiv.org/abs/2604.09181')
    // what is no address of the web leads nowhere
    expect(addresses.at(-1)).toBeNull()
    expect(addresses.filter(address => address !== null && !/^https:/.test(address))).toEqual([])
    expect(await page.title()).not.toContain('taken')
    expect(open.troubles).toEqual([])
  })

  it('opens a folder of this machine, which is asked of nobody', async () => {
    await using folder = await folderOf(good)
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/inspect')
    await page.getByLabel('Folder of a model').setInputFiles(folder.path)
    await page.getByRole('heading', { name: 'A small model' }).waitFor()
    await picturesOf(page)
    expect(open.troubles).toEqual([])
  })

  const changed = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte))
  const text = (words: string) => new TextEncoder().encode(words)
  it.each([
    [
      'a changed file',
      'MODEL_HASH_MISMATCH',
      new Map([...good, ['denoiser.onnx', changed(good.get('denoiser.onnx')!)]]),
    ],
    ['a manifest that is none', 'MANIFEST_INVALID', new Map([['mixflow.json', text('{"format":"mixflow-model"}')]])],
    ['a web page', 'DOWNLOAD_NOT_A_FILE', new Map([['mixflow.json', text('<!doctype html><p>hello')]])],
    ['nothing', 'MODEL_NOT_FOUND|DOWNLOAD_NOT_FOUND', new Map()],
  ] as const)('%s is told in words, with what to do', async (_, code, files) => {
    await using open = await openPlayground({ models: { bad: files } })
    const { page } = open
    await open.go('#/inspect?from=/models/bad/')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(new RegExp(`(${code}): .*What to do:`, 's'))
    expect(await open.violations()).toEqual([])
  })

  it('another host is not asked: the policy forbids it, and the words say so', async () => {
    await using elsewhere = await openPlayground({ models: { good } })
    await using open = await openPlayground()
    const { page } = open
    await open.go(`#/inspect?from=${encodeURIComponent(new URL('/models/good/', elsewhere.base).href)}`)
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/DOWNLOAD_OFFLINE.*(connect-src|policy)/s)
  })
})
