/** Network problems: offline after the first visit, changed files, slow and broken connections; and several tabs, hidden tabs, WebGPU. */
import { describe, expect, it } from 'vitest'
import { galleryOf, pixelsOf, whenBusy } from './fixtures/images.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/served-models.ts'

const files = built === null ? new Map<string, Uint8Array>() : await smallMixflow()
const denoiser = files.get('denoiser.onnx') ?? new Uint8Array()

describe.skipIf(built === null)('with an unreliable network', () => {
  it('views, models and links of the first visit work offline', async () => {
    await using open = await openPlayground({ serviceWorkers: 'allow' })
    const { page } = open
    await open.go('#/kappa') // the encoder is fetched here
    await page.getByText(/for 8 images/).waitFor()
    await open.go('#/generate?seed=8')
    const before = await galleryOf(page)
    // the runtime is cached last
    await page.waitForFunction(async () => {
      const cached = await (await caches.open('mixflow-used')).keys()
      return ['.wasm', 'mixflow.json'].every(end => cached.some(({ url }) => url.endsWith(end)))
    })
    open.close()
    await page.goto('about:blank')
    await open.go('#/generate?seed=8')
    expect(await galleryOf(page)).toBe(before)
    await open.go('#/generate?seed=9')
    await page.reload()
    expect(await galleryOf(page)).not.toBe(before)
    await open.go('#/kappa')
    await page.getByText(/for 8 images/).waitFor()
    await open.go('#/paths')
    await page.getByText(/^Step \d+$/).waitFor()
    await open.go('#/device')
    await page.getByRole('heading', { name: 'Benchmark' }).waitFor()
  })

  it('a changed file is refused, and loads once it is restored', async () => {
    let isChanged = true
    await using open = await openPlayground({
      models: { mine: files },
      answer(path, response) {
        if (!isChanged || path !== '/models/mine/denoiser.onnx') return false
        response.end(denoiser.map((byte, i) => (i === 100 ? byte ^ 1 : byte)))
        return true
      },
    })
    const { page } = open
    await open.go('#/generate?model=/models/mine/')
    expect(await page.getByRole('alert').textContent()).toMatch(/MODEL_HASH_MISMATCH.*Try this:/s)
    expect(await open.violations()).toEqual([])
    isChanged = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await galleryOf(page)
  })

  it('a slow download shows its progress, and a broken one resumes', async () => {
    const ranges: (string | undefined)[] = []
    let disconnect = () => {}
    await using open = await openPlayground({
      models: { mine: files },
      answer(path, response, { headers }) {
        if (path !== '/models/mine/denoiser.onnx') return false
        ranges.push(headers.range)
        const half = Math.floor(denoiser.length / 2)
        if (headers.range !== undefined) {
          response.writeHead(206, { 'content-range': `bytes ${half}-${denoiser.length - 1}/${denoiser.length}` })
          response.end(denoiser.subarray(half))
          return true
        }
        response.writeHead(200, { 'content-length': denoiser.length, 'accept-ranges': 'bytes', etag: '"1"' })
        response.write(denoiser.subarray(0, half))
        disconnect = () => response.destroy()
        return true
      },
    })
    const { page } = open
    await open.go('#/generate?model=/models/mine/')
    await page.getByText(/downloading [1-9][\d.]* (bytes|kB) of [\d.]+ kB/).waitFor()
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toMatch(/^(4\d|50)$/)
    disconnect()
    await galleryOf(page)
    expect(ranges.length).toBe(2)
    expect(ranges[1]).toMatch(/^bytes=\d+-/)
  })
})

describe.skipIf(built === null)('tabs', () => {
  it('two sample at the same time with the same result', async () => {
    await using open = await openPlayground()
    const other = await open.page.context().newPage()
    const address = `${open.base}#/generate?seed=4&solver=euler&nfe=65`
    await Promise.all([open.page.goto(address), other.goto(address)])
    const [one, two] = await Promise.all([galleryOf(open.page), galleryOf(other)])
    expect(one).toBe(two)
    expect(open.troubles).toEqual([])
  })

  it('a frozen one continues when it is shown again', async () => {
    await using open = await openPlayground()
    const { page } = open
    await open.go('#/generate?seed=4&solver=euler&nfe=1000')
    await page.getByText(/^Step \d+ of 1000$/).waitFor()
    const session = await page.context().newCDPSession(page)
    const other = await page.context().newPage()
    await other.bringToFront()
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await other.waitForTimeout(1500)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await page.bringToFront()
    const after = await galleryOf(page)
    const started = whenBusy(page)
    await page.getByRole('button', { name: 'Run again' }).click()
    await started
    expect(await galleryOf(page)).toBe(after)
    expect(open.troubles).toEqual([])
  })
})

describe.skipIf(built === null)('on WebGPU', () => {
  it('every view with a model works, on software WebGPU', async () => {
    await using open = await openPlayground({ hasWebgpu: true })
    const { page } = open
    await open.go('#/device')
    await page.getByRole('button', { name: 'WebGPU', exact: true }).click()
    await open.go('#/generate?count=4&seed=6')
    await galleryOf(page)
    expect(await page.getByText(/per image · NFE/).textContent()).toContain('webgpu')
    await open.go('#/few-steps?count=4')
    await page.getByText('Done', { exact: true }).waitFor()
    await open.go('#/kappa')
    await page.getByText(/for 8 images/).waitFor()
    expect(new Set((await pixelsOf(page, '.source figure:last-of-type')).split(',data:')).size).toBe(8)
    expect(open.troubles).toEqual([])
  })
})
