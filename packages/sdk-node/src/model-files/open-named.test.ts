/** Models by name: what is installed comes first, what comes from the address is what the list means, and a word is never guessed at. */
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListedModel, MixflowError } from '@mixflow/core'
import { sha256Hex } from '@mixflow/core/internal'
import { type ModelFiles, smallModel } from '@mixflow/test-model'
import { models as zooModels } from '@mixflow/zoo/models'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileServer, serveFiles } from '../fixtures/file-server.ts'
import { type LoadModelOptions, loadModel } from '../load-model.ts'

const files = await smallModel()
const manifest = files.get('mixflow.json')!
const before = process.cwd()

let scratch: string
let server: FileServer
let models: readonly ListedModel[]
beforeEach(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'mixflow-test-')))
  process.chdir(scratch)
  server = await serveFiles(files)
  models = [
    {
      name: 'small',
      package: '@you/model-small',
      address: `${server.address}mixflow.json`,
      manifest: { bytes: manifest.length, sha256: await sha256Hex(manifest) },
    },
  ]
})
afterEach(async () => {
  process.chdir(before)
  await server[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

const load = (from: string, options: LoadModelOptions = {}) =>
  loadModel(from, { device: 'cpu', models, cacheDir: join(scratch, 'cache'), ...options })
const refusal = (from: string, options: LoadModelOptions = {}): Promise<MixflowError> =>
  load(from, options).then(
    () => expect.unreachable('nothing was thrown'),
    error => error,
  )

async function write(folder: string, contents: ModelFiles): Promise<void> {
  await mkdir(join(scratch, folder), { recursive: true })
  for (const [path, bytes] of contents) await writeFile(join(scratch, folder, path), bytes)
}
const install = async (contents: ModelFiles) => {
  const folder = 'node_modules/@you/model-small'
  await write(folder, contents)
  const exported = JSON.stringify({ name: '@you/model-small', exports: { './mixflow.json': './mixflow.json' } })
  await writeFile(join(scratch, folder, 'package.json'), exported)
}

describe('a model by name', () => {
  it('is loaded from its package if that is installed, without a download', async () => {
    await install(files)
    await using model = await load('small')
    expect(model.manifest.name).toBe('small')
    expect(server.requests).toEqual([])
  })

  it('is otherwise loaded from its address, and cached with its manifest', async () => {
    await (await load('small')).dispose()
    expect(server.requests).toEqual(['mixflow.json', 'denoiser.onnx'])
    await (await load('small')).dispose()
    expect(server.requests).toHaveLength(2)
  })

  it('is refused if the manifest at the address differs, and not cached', async () => {
    const other = new TextEncoder().encode(new TextDecoder().decode(manifest).replace('"MIT"', '"XIT"'))
    server.faults.set('mixflow.json', response => void response.writeHead(200).end(other))
    expect(await refusal('small')).toMatchObject({
      code: 'MODEL_HASH_MISMATCH',
      message: expect.stringMatching(/^mixflow\.json from http.* has sha256 .*, the list of models says /),
      hint: expect.stringContaining('Load the model by its address'),
    })
    expect(await readdir(scratch)).toEqual([])
  })

  it('is a single word; a folder of that name is "./small"', async () => {
    await write('small', await smallModel({ classes: 3 }))
    expect((await load('small')).manifest.labels).toBeNull()
    expect((await load('./small')).manifest.labels).toMatchObject({ count: 3 })
  })

  it('of no model may be a folder', async () => {
    await write('mine', files)
    expect((await load('mine')).manifest.name).toBe('small')
  })

  it('that is unknown gives an error with the nearest name and all names', async () => {
    expect(await refusal('smal')).toMatchObject({
      code: 'MODEL_UNKNOWN',
      message: 'no model is called "smal"',
      hint: 'did you mean "small"?\nmodels: small\nfor a folder, write "./smal"',
      details: { name: 'smal', nearest: 'small', known: ['small'] },
    })
    const { code, details } = await loadModel('nobody has this name').catch(error => error)
    expect([code, details.known]).toEqual(['MODEL_UNKNOWN', zooModels.map(({ name }) => name)])
  })

  it.each<[string, unknown]>([
    ['no list', {}],
    [
      'a path as address',
      [{ name: 'a', package: 'a', address: './a', manifest: { bytes: 1, sha256: 'a'.repeat(64) } }],
    ],
    ['no hash', [{ name: 'a', package: 'a', address: 'https://example.org/a/mixflow.json', manifest: { bytes: 1 } }]],
    ['a name that is a path', [{ name: './a', package: 'a', address: 'https://example.org/a/mixflow.json' }]],
  ])('of a list with %s is refused', async (_, wrong) => {
    expect(await refusal('small', { models: wrong as never })).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('models must be a list of models'),
    })
  })
})
