/** A visit to an example's page in Chromium: what it shows, and everything that a careful developer would not want to see. */
import type { Browser } from 'playwright-core'

export interface Visit {
  /** The text of the page's `output`, once there are pictures or an error. */
  readonly status: string
  readonly canvas: { readonly width: number; readonly height: number; readonly rgba: readonly number[] }
  /** Errors and warnings of the console, uncaught errors, failed requests, and requests to other hosts. */
  readonly problems: readonly string[]
}

/** Makes WebGPU on the processor count as a GPU, for `device: 'auto'`. */
export const pretendGpu = 'Object.defineProperty(GPUAdapterInfo.prototype,"isFallbackAdapter",{value:false});'

export interface VisitOptions {
  readonly gpu: boolean
}

export async function visit(browser: Browser, url: string, { gpu }: VisitOptions): Promise<Visit> {
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
      if (address.origin !== origin && address.protocol !== 'data:') problems.push(`other host: ${address}`)
    })
    context.on('response', response => {
      if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
    })
    await page.goto(url)
    const output = page.locator('output')
    await output.filter({ hasNotText: /^Loading/ }).waitFor({ timeout: 300_000 })
    const canvas = await page.locator('canvas').evaluate((element: HTMLCanvasElement) => {
      const { width, height } = element
      return { width, height, rgba: [...(element.getContext('2d')?.getImageData(0, 0, width, height).data ?? [])] }
    })
    return { status: (await output.textContent()) ?? '', canvas, problems }
  } finally {
    await context.close()
  }
}
