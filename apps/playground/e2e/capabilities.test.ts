/** Capabilities: what is chosen on this machine, and why; a report that can be pasted. */
import { describe, expect, it } from 'vitest'
import { built, openPlayground } from './fixtures/playground.ts'

describe.skipIf(built === null)('capabilities', () => {
  it('tells the choice with its reason, and every fact', async () => {
    await using open = await openPlayground({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = open
    await open.go('#/capabilities')
    const choice = page.getByRole('region', { name: 'The choice' })
    await choice.waitFor()
    expect(await choice.textContent()).toMatch(/^WebAssembly, float32WebGPU is not used because the .* adapter/)
    const facts = await page.getByRole('listitem').allTextContents()
    expect(facts.length).toBe(8)
    expect(facts.find(fact => fact.startsWith('Cross-origin isolation'))).toContain('yes')
    await page.getByRole('button', { name: 'Copy for an issue' }).click()
    await page.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(/^\*\*WebAssembly, float32\.\*\*[\s\S]*\| Threads \| \d+ of \d+ processors \|/)
    expect(open.troubles).toEqual([])
  })

  it('measures a model on each device, as a table for an issue', async () => {
    await using open = await openPlayground({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = open
    await open.go('#/capabilities')
    await page.getByRole('button', { name: 'Measure' }).click()
    await page.getByRole('button', { name: 'Copy with the table' }).click()
    await page.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(
      /Model small, 5 evaluations:\n\n\| Device .*\n\| --- .*\n\| wasm \| float32 (\| [\d.]+ ms ){4}\|\n$/,
    )
    expect(await page.locator('.benchmark tbody tr').count()).toBe(1)
    expect(await open.violations()).toEqual([])
    expect(open.troubles).toEqual([])
  })
})
