/** Setting up: once, never half, and with an error that says what to do for each thing that can be missing. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { nativeTensorflow } from '../../fixtures/native-tensorflow.ts'
import { findPrograms, type Programs } from '../set-up/programs.ts'
import { fetchWheels } from '../set-up/wheels.ts'
import { checkAddon } from './addon.ts'
import { packageFolder, parts, tfjsNodeFolder } from './kind.ts'
import { fetchPackage, setUpTfjsNode } from './set-up-tfjs-node.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-set-up-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const { env } = process
const cache = env.MIXFLOW_CACHE
let folders = 0
const newFolder = (): string => {
  const folder = join(root, String(++folders))
  mkdirSync(folder)
  return folder
}

/** With the cache somewhere else, so that nothing is set up yet. */
const inNewCache = (): string => (env.MIXFLOW_CACHE = newFolder())

afterEach(() => {
  if (cache === undefined) delete env.MIXFLOW_CACHE
  else env.MIXFLOW_CACHE = cache
})

/** A PATH with nothing but these programs of this machine. */
function onlyWith(...names: string[]): NodeJS.ProcessEnv {
  const folder = newFolder()
  const places = (env.PATH ?? '').split(delimiter)
  for (const name of ['node', 'env', 'sh', ...names]) {
    const place = places.map(path => join(path, name)).find(existsSync)
    if (place !== undefined) symlinkSync(place, join(folder, name))
  }
  return { ...env, PATH: folder }
}

const native = await nativeTensorflow()

describe.skipIf(!native)('setting up tfjs-node', () => {
  let programs: Programs
  beforeAll(async () => {
    programs = await findPrograms(['npm', 'pip', 'compiler'], { env })
  })

  it('finds what is there, and keeps nothing that it needed on the way', async () => {
    const phases: string[] = []
    const again = await setUpTfjsNode({ onPhase: text => phases.push(text) })
    expect(again).toMatchObject({ kind: 'tfjs-node', outcome: 'found', gpu: false, tensorflow: '2.15.1' })
    expect(phases.at(-1)).toBe('check the existing copy') // it may have waited for another test before
    const name = basename(again.folder)
    expect(readdirSync(dirname(again.folder)).filter(entry => entry.startsWith(`${name}.`))).toEqual([])
    expect(existsSync(join(packageFolder(again.folder, 'tfjs-node'), 'deps', 'include'))).toBe(false)
  })

  it('refuses an addon that does not load', async () => {
    const folder = newFolder()
    const home = packageFolder(folder, 'tfjs-node')
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{"name":"@tensorflow/tfjs-node","main":"index.js"}')
    writeFileSync(join(home, 'index.js'), 'throw new Error("no such addon")')
    const error = await checkAddon(folder, 'tfjs-node', { env }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'SETUP_FAILED', hint: expect.stringContaining('no such addon') })
  })

  it('refuses other bytes than it knows', async () => {
    const wheels = [{ name: 'six', version: '1.17.0', sha256: '0'.repeat(64) }]
    const error = await fetchWheels(wheels, newFolder(), { ...programs, python: '3.11', env }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'DOWNLOAD_HASH_MISMATCH' })
  })

  it('says that a registry cannot be reached', async () => {
    const nowhere = 'http://127.0.0.1:9'
    const npmEnv = {
      ...env,
      NPM_CONFIG_REGISTRY: nowhere,
      NPM_CONFIG_CACHE: newFolder(),
      NPM_CONFIG_FETCH_RETRIES: '0',
    }
    const npm = await fetchPackage(newFolder(), 'tfjs-node', { ...programs, env: npmEnv }).catch(reason => reason)
    expect(npm).toMatchObject({ code: 'DOWNLOAD_OFFLINE', message: expect.stringContaining('@tensorflow/tfjs-node') })

    const pipEnv = { ...env, PIP_INDEX_URL: nowhere, PIP_RETRIES: '0', PIP_NO_CACHE_DIR: '1', PIP_FIND_LINKS: '' }
    const { wheels } = parts['tfjs-node']
    const pip = await fetchWheels(wheels, newFolder(), { ...programs, python: '3.11', env: pipEnv }).catch(
      reason => reason,
    )
    expect(pip).toMatchObject({ code: 'DOWNLOAD_OFFLINE', message: expect.stringContaining('tensorflow-cpu') })
  })
})

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('setting up without what it needs', () => {
  it('names every program that is missing, and leaves nothing behind', async () => {
    const folder = inNewCache()
    const nothing = await setUpTfjsNode({ env: onlyWith() }).catch(reason => reason)
    expect(nothing).toMatchObject({ code: 'SETUP_TOOL_MISSING', details: { missing: ['npm', 'pip', 'compiler'] } })
    expect(nothing.hint).toContain('apt-get install npm python3-pip g++')
    expect(readdirSync(join(folder, 'backends'))).toEqual([])
    expect(existsSync(tfjsNodeFolder('tfjs-node'))).toBe(false)
  })

  it.skipIf(!native)('names a compiler that is missing', async () => {
    inNewCache()
    const error = await setUpTfjsNode({ env: onlyWith('npm', 'python3', 'pip3', 'pip', 'bash', 'pyenv') }).catch(
      reason => reason,
    )
    expect(error).toMatchObject({ code: 'SETUP_TOOL_MISSING' })
    expect(error.details.missing).toContain('compiler')
  })
})

it('says for which systems it is', async () => {
  const arch = Object.getOwnPropertyDescriptor(process, 'arch') as PropertyDescriptor
  Object.defineProperty(process, 'arch', { ...arch, value: 'riscv64' })
  try {
    const error = await setUpTfjsNode().catch(reason => reason)
    expect(error).toMatchObject({ code: 'SETUP_UNSUPPORTED', details: { arch: 'riscv64' } })
  } finally {
    Object.defineProperty(process, 'arch', arch)
  }
})
