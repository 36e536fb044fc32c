/** What can be known of setting up CUDA without downloading gigabytes: the links, and what is refused. */

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cudaFolder, setUpCuda } from './set-up-cuda.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-cuda-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const

let folders = 0
const newFolder = (): string => {
  const folder = join(root, String(++folders))
  mkdirSync(folder)
  return folder
}

const before = process.env.MIXFLOW_CACHE
beforeEach(() => {
  process.env.MIXFLOW_CACHE = newFolder()
})
afterEach(() => {
  if (before === undefined) delete process.env.MIXFLOW_CACHE
  else process.env.MIXFLOW_CACHE = before
})

/** A folder of onnxruntime-node, and where its libraries lie. */
function runtime(version = '1.30.0') {
  const folder = newFolder()
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version }))
  return { folder, native: join(folder, 'bin', 'napi-v6', process.platform, process.arch) }
}

/** The libraries, as an earlier set-up left them. */
function libraries(): string {
  mkdirSync(cudaFolder(), { recursive: true })
  for (const name of names) writeFileSync(join(cudaFolder(), name), name)
  return cudaFolder()
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('setting up CUDA', () => {
  it('links what is there into every copy of the runtime, as often as it is asked', async () => {
    const folder = libraries()
    const [one, two] = [runtime(), runtime()]
    for (let i = 0; i < 2; i++) {
      const result = await setUpCuda({ runtimes: [one.folder, two.folder] })
      expect(result).toEqual({ folder, outcome: 'found' })
      for (const { native } of [one, two]) {
        expect(readdirSync(native).sort()).toEqual([...names])
        for (const name of names) expect(readFileSync(join(native, name), 'utf8')).toBe(name)
      }
    }
  })

  it('replaces links that lead nowhere, and nothing that is no link', async () => {
    const folder = libraries()
    const { folder: place, native } = runtime()
    mkdirSync(native, { recursive: true })
    symlinkSync(join(root, 'gone', names[0]), join(native, names[0]))
    writeFileSync(join(native, names[1]), 'of its own installer')
    await setUpCuda({ runtimes: [place] })
    expect(readlinkSync(join(native, names[0]))).toBe(join(folder, names[0]))
    expect(lstatSync(join(native, names[1])).isSymbolicLink()).toBe(false)
  })

  it('refuses another version of the runtime, and changes nothing', async () => {
    libraries()
    const { folder } = runtime('1.22.0')
    const error = await setUpCuda({ runtimes: [folder] }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'SETUP_UNSUPPORTED', details: { found: '1.22.0', version: '1.30.0' } })
    expect(readdirSync(folder)).toEqual(['package.json'])
  })

  it.each(['', '{"version": "1.3', 'null', '{"name": "onnxruntime-node"}'])(
    'names the package.json of the runtime whose content is %j',
    async content => {
      libraries()
      const { folder } = runtime()
      writeFileSync(join(folder, 'package.json'), content)
      await expect(setUpCuda({ runtimes: [folder] })).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringContaining(join(folder, 'package.json')),
        hint: 'npm install onnxruntime-node@1.30.0',
      })
    },
  )

  it('says that pip is missing, and leaves nothing half done', async () => {
    const { folder } = runtime()
    const error = await setUpCuda({ runtimes: [folder], env: { PATH: newFolder() } }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'SETUP_TOOL_MISSING', details: { missing: ['pip'] } })
    expect(readdirSync(join(process.env.MIXFLOW_CACHE as string, 'backends'))).toEqual([])
    expect(readdirSync(folder)).toEqual(['package.json'])
  })
})

it('knows the version of the runtime that is installed', () => {
  const manifest = new URL('../../../../tfjs-onnx/package.json', import.meta.url)
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  expect(cudaFolder()).toContain(`onnxruntime-${dependencies['onnxruntime-node']}`)
})
