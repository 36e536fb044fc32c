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
})
