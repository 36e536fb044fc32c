/** What goes wrong between a visitor and a host: no network after the first visit, files that changed, lines that are slow or break. */
import { describe, expect, it } from 'vitest'
import { atBeginning, galleryOf, pixelsOf } from './fixtures/pictures.ts'
import { built, openPlayground } from './fixtures/playground.ts'
import { smallMixflow } from './fixtures/zoo.ts'

const files = built === null ? new Map<string, Uint8Array>() : await smallMixflow()
const weights = files.get('denoiser.onnx') ?? new Uint8Array()

describe.skipIf(built === null)('with a network that fails', () => {
  it('after the first visit all that it used works without: views, models, links', async () => {
    await using open = await openPlayground({ serviceWorkers: 'allow' })
    const { page } = open
    await open.go('#/kappa') // the encoder is fetched here
    await page.getByText(/for all 8/).waitFor()
    await open.go('#/generate?seed=8')
    const before = await galleryOf(page)
    // the runtime is the last that is kept
    await page.waitForFunction(async () => {
      const kept = await (await caches.open('mixflow-used')).keys()
      return ['.wasm', 'mixflow.json'].every(end => kept.some(({ url }) => url.endsWith(end)))
    })
    open.close()
    await page.goto('about:blank')
    await open.go('#/generate?seed=8')
    expect(await galleryOf(page)).toBe(before)
    await open.go('#/generate?seed=9')
    await page.reload()
    expect(await galleryOf(page)).not.toBe(before)
    await open.go('#/kappa')
    await page.getByText(/for all 8/).waitFor()
    await open.go('#/paths')
    await page.getByText(/^step \d+$/).waitFor()
    await open.go('#/capabilities')
    await page.getByRole('heading', { name: 'Benchmark' }).waitFor()
  })

  it('a file that was changed on the server is refused in words, and loads once it is whole again', async () => {
    let isChanged = true
    await using open = await openPlayground({
      models: { mine: files },
      answer(path, response) {
        if (!isChanged || path !== '/models/mine/denoiser.onnx') return false
        response.end(weights.map((byte, i) => (i === 100 ? byte ^ 1 : byte)))
        return true
      },
    })
    const { page } = open
    await open.go('#/generate?model=/models/mine/')
    expect(await page.getByRole('alert').textContent()).toMatch(/MODEL_HASH_MISMATCH.*What to do:/s)
    expect(await open.violations()).toEqual([])
    isChanged = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await galleryOf(page)
  })

  it('a slow line shows how far it is, and one that breaks is taken up where it broke', async () => {
    const ranges: (string | undefined)[] = []
    let goOn = () => {}
    await using open = await openPlayground({
      models: { mine: files },
      answer(path, response, { headers }) {
        if (path !== '/models/mine/denoiser.onnx') return false
        ranges.push(headers.range)
        const half = Math.floor(weights.length / 2)
        if (headers.range !== undefined) {
          response.writeHead(206, { 'content-range': `bytes ${half}-${weights.length - 1}/${weights.length}` })
          response.end(weights.subarray(half))
          return true
        }
        response.writeHead(200, { 'content-length': weights.length, 'accept-ranges': 'bytes', etag: '"1"' })
        response.write(weights.subarray(0, half))
        goOn = () => response.destroy()
        return true
      },
    })
    const { page } = open
    await open.go('#/generate?model=/models/mine/')
    await page.getByText(/networks, [1-9][\d.]* (bytes|kB) of [\d.]+ kB/).waitFor()
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toMatch(/^(4\d|50)$/)
    goOn()
    await galleryOf(page)
    expect(ranges.length).toBe(2)
    expect(ranges[1]).toMatch(/^bytes=\d+-/)
  })
})

describe.skipIf(built === null)('tabs', () => {
  it('two of them sample at once, and make the same', async () => {
    await using open = await openPlayground()
    const other = await open.page.context().newPage()
    const address = `${open.base}#/generate?seed=4&solver=euler&nfe=65`
    await Promise.all([open.page.goto(address), other.goto(address)])
    const [one, two] = await Promise.all([galleryOf(open.page), galleryOf(other)])
    expect(one).toBe(two)
    expect(open.troubles).toEqual([])
  })

  it('one that is hidden and frozen goes on when it is seen again', async () => {
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
    const hasBegun = atBeginning(page)
    await page.getByRole('button', { name: 'Again' }).click()
    await hasBegun
    expect(await galleryOf(page)).toBe(after)
    expect(open.troubles).toEqual([])
  })
})

describe.skipIf(built === null)('on WebGPU', () => {
  it('every view that has a model works, on a graphics processor in software', async () => {
    await using open = await openPlayground({ hasWebgpu: true })
    const { page } = open
    await open.go('#/capabilities')
    await page.getByRole('button', { name: 'WebGPU', exact: true }).click()
    await open.go('#/generate?count=4&seed=6')
    await galleryOf(page)
    expect(await page.getByText(/a picture, NFE/).textContent()).toContain('webgpu')
    await open.go('#/few-steps?count=4')
    await page.getByText('Done', { exact: true }).waitFor()
    await open.go('#/kappa')
    await page.getByText(/for all 8/).waitFor()
    expect(new Set((await pixelsOf(page, '.mixed figure:last-of-type')).split(',data:')).size).toBe(8)
    expect(open.troubles).toEqual([])
  })
})
