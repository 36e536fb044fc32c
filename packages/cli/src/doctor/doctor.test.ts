import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { versionOf } from './installed.ts'
import { cacheFinding, machineFindings, nodeFinding } from './system.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-doctor-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('doctor', () => {
  it.each([
    ['18.20.4', 'broken'],
    ['20.11.1', 'broken'],
    ['20.12.0', 'ok'],
    ['22.1.0', 'ok'],
  ])('finds Node %s %s', (version, state) => {
    expect(nodeFinding(version)).toMatchObject({ state, text: expect.stringContaining(version) })
    expect(nodeFinding(version).command === undefined).toBe(state === 'ok')
  })

  it('tells what the machine is', () => {
    const findings = machineFindings()
    expect(findings.map(({ name }) => name)).toEqual(['system', 'processor', 'memory'])
    expect(findings.at(-1)?.text).toMatch(/^[\d.]+ GB, [\d.]+ GB free$/)
  })

  it('measures the folder of downloads, there or not', async () => {
    writeFileSync(join(root, 'file'), new Uint8Array(1_500_000))
    expect(await cacheFinding(root)).toMatchObject({ state: 'ok', text: expect.stringContaining('0.0015 GB in use') })
    const nowhere = join(root, 'not', 'yet')
    expect((await cacheFinding(nowhere)).text).toMatch(/not.yet, 0 GB in use, [\d.]+ GB free$/)
  })

  it('finds versions of packages as an importer would', () => {
    const here = pathToFileURL(import.meta.filename).href
    expect(versionOf('commander', here)).toMatch(/^\d+\.\d+\.\d+$/)
    expect(versionOf('no-such-package-at-all', here)).toBeNull()
  })
})
