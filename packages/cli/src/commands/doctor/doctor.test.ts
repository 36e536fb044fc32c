import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compiler, crash, makeDriver } from '@mixflow/page/shared-library'
import { swiftshader } from '@mixflow/page/swiftshader'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { colorsFor } from '../../terminal/errors.ts'
import {
  cacheFinding,
  deviceFindings,
  type Finding,
  findingsText,
  machineFindings,
  nodeFinding,
  versionOf,
} from './findings.ts'

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

  it('describes the machine', () => {
    const findings = machineFindings()
    expect(findings.map(({ name }) => name)).toEqual(['system', 'processor', 'memory'])
    expect(findings.at(-1)?.text).toMatch(/^[\d.]+ GB, [\d.]+ GB free$/)
  })

  it('measures the download folder, existing or not', async () => {
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

  const graphics = swiftshader()

  it.skipIf(graphics === null || compiler === undefined)('survives a graphics driver that crashes', async () => {
    const driver = makeDriver({ folder: root, name: 'crashing', statement: crash })
    for (const [key, value] of Object.entries({ ...graphics, ...driver })) vi.stubEnv(key, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const [cuda, webgpu] = await deviceFindings()
    expect(cuda).toMatchObject({ topic: 'device', name: 'cuda' })
    expect(webgpu).toEqual({
      ...{ topic: 'device', name: 'webgpu', state: 'lacking', hint: 'update its driver' },
      text: expect.stringContaining('SIGSEGV'),
    })
    expect(findingsText([webgpu as Finding], colorsFor({ isTTY: false }))).toMatch(
      /^missing +webgpu .*SIGSEGV.*\n {4}update its driver$/,
    )
  })
})
