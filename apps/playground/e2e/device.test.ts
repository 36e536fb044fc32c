/** Device: the selected device with its reason, all facts, and reports in Markdown. */
import { describe, expect, it } from 'vitest'
import { built, openPlayground } from './fixtures/playground.ts'

describe.skipIf(built === null)('device', () => {
  it('shows the selected device, its reason and all facts', async () => {
    await using open = await openPlayground({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = open
    await open.go('#/device')
    const choice = page.getByRole('region', { name: 'Selected device' })
    await choice.waitFor()
    expect(await choice.textContent()).toMatch(/^WebAssembly, float32The .*, so models run on the CPU in float32\./)
    const facts = await page.getByRole('listitem').allTextContents()
    expect(facts.length).toBe(8)
    expect(facts.find(fact => fact.startsWith('Cross-origin isolation'))).toContain('yes')
    await page.getByRole('button', { name: 'Copy as Markdown' }).click()
    await page.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(/^\*\*WebAssembly, float32\.\*\*[\s\S]*\| Threads \| \d+ of \d+ logical processors \|/)
    expect(open.troubles).toEqual([])
  })

  it('measures a model on each device and copies the results', async () => {
    await using open = await openPlayground({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = open
    await open.go('#/device')
    await page.getByRole('button', { name: 'Run benchmark' }).click()
    await page.getByRole('button', { name: 'Copy results' }).click()
    await page.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(
      /Model small, NFE 5:\n\n\| Device .*\n\| --- .*\n\| wasm \(float32\) (\| [\d.]+ ms ){4}\|\n$/,
    )
    expect(await page.locator('.benchmark tbody tr').count()).toBe(1)
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })
})
