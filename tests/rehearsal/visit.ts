/** A visit to an example's page in Chromium: what it shows, and everything that a careful developer would not want to see. */
import type { Browser } from 'playwright-core'

export interface Visit {
  /** The text of the page's `output`, once there are pictures or an error. */
  readonly status: string
  readonly canvas: { readonly width: number; readonly height: number; readonly rgba: readonly number[] }
  /** Errors and warnings of the console, uncaught errors, failed requests, and requests to other hosts. */
  readonly problems: readonly string[]
  /** How many workers the page has. */
  readonly workers: number
}

/** Makes WebGPU on the processor count as a GPU, for `device: 'auto'`. */
export const pretendGpu = 'Object.defineProperty(GPUAdapterInfo.prototype,"isFallbackAdapter",{value:false});'

export interface VisitOptions {
  readonly gpu: boolean
  /** Other origins that the page may ask. */
  readonly allow?: readonly string[]
  /** How long the page may take, in milliseconds. Default: 300,000. */
  readonly timeout?: number
}

export async function visit(
  browser: Browser,
  url: string,
  { gpu, allow = [], timeout = 300_000 }: VisitOptions,
): Promise<Visit> {
  const context = await browser.newContext()
  try {
    if (gpu) await context.addInitScript(pretendGpu)
    const page = await context.newPage()
    const problems: string[] = []
    const { origin } = new URL(url)
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', error => problems.push(`uncaught: ${error}`))
    context.on('request', request => {
      const address = new URL(request.url())
      if (![origin, ...allow].includes(address.origin) && !/^(data|blob):/.test(address.protocol))
        problems.push(`other host: ${address}`)
    })
    context.on('response', response => {
      if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
    })
    await page.goto(url)
    const output = page.locator('output')
    const shown = output.filter({ hasNotText: /^Loading/ }).waitFor({ timeout })
    await shown.catch(error => {
      throw new Error([error.message, ...problems].join('\n'))
    })
    const canvas = await page.locator('canvas').evaluate((element: HTMLCanvasElement) => {
      const { width, height } = element
      return { width, height, rgba: [...(element.getContext('2d')?.getImageData(0, 0, width, height).data ?? [])] }
    })
    return { status: (await output.textContent()) ?? '', canvas, problems, workers: page.workers().length }
  } finally {
    await context.close()
  }
}
