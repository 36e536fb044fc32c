/** Models by name in a page: from the package if the import map has it, else from the listed URL, checked against the listed hash. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '@mixflow/core/internal'
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { models as listedModels } from '@mixflow/zoo/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const files = await smallModel()
const manifest = new TextDecoder().decode(files.get('mixflow.json'))
const module = `export default { manifest: ${manifest}, files: { 'denoiser.onnx': new URL('./denoiser.onnx', import.meta.url).href } }`
/** The listed models, from the workspace. */
const published = new Map(
  listedModels.map(({ name }) => {
    const folder = join(import.meta.dirname, '../../../models', name)
    return [name, new Map(readdirSync(folder).map(path => [path, readFileSync(join(folder, path))]))]
  }),
)

const models = {
  ...Object.fromEntries(published),
  public: files,
  changed: new Map([...files, ['mixflow.json', new TextEncoder().encode(manifest.replace('"MIT"', '"XIT"'))]]),
  packaged: new Map([...files, ['index.js', new TextEncoder().encode(module)]]),
  nothing: new Map([['index.js', new TextEncoder().encode('export default 1')]]),
}
const importMap = {
  ...Object.fromEntries(listedModels.map(({ name, package: from }) => [from, `/m/${name}/index.js`])),
  '@you/model-packaged': '/m/packaged/index.js',
  '@you/model-nothing': '/m/nothing/index.js',
  '@you/model-absent': '/m/absent/index.js',
}

describe.skipIf(executable === null)('a model by name in a page', () => {
  let open: ModelPage
  let listed: (name: string, folder?: string) => Promise<object>
  beforeAll(async () => {
    open = await openModelPage(executable as string, models, { importMap })
    listed = async (name, folder = 'public') => ({
      ...{ name, package: `@you/model-${name}`, address: new URL(`/m/${folder}/mixflow.json`, open.page.url()).href },
      manifest: { bytes: files.get('mixflow.json')!.length, sha256: await sha256Hex(files.get('mixflow.json')!) },
    })
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  /** The error code of a load, and its requests to the server. */
  async function loaded(name: string, list: readonly object[] | undefined, options = {}) {
    await open.call('clear')
    const from = open.requests.length
    const all = { device: 'wasm', ...(list && { models: list }), ...options }
    const found = await open.call<{ code: string }>('refusal', { url: name, options: all })
    return { ...found, requests: open.requests.slice(from) }
  }

  it.each([false, true])('comes from the listed URL, in a worker: %s', async worker => {
    const { code, requests } = await loaded('small', [await listed('small')], { worker })
    expect([code, requests]).toEqual(['none', ['public/mixflow.json', 'public/denoiser.onnx']])
  })

  it.each([false, true])('comes from the package that the import map has, in a worker: %s', async worker => {
    const { code, requests } = await loaded('packaged', [await listed('packaged')], { worker })
    expect(code).toBe('none')
    expect(requests.filter(path => path !== 'packaged/index.js')).toEqual(['packaged/denoiser.onnx'])
  })

  it.each([false, true])('is refused if the manifest has another hash, in a worker: %s', async worker => {
    expect(await loaded('small', [await listed('small', 'changed')], { worker })).toMatchObject({
      code: 'MODEL_HASH_MISMATCH',
      message: expect.stringContaining('the list of models says'),
    })
  })

  it('is refused if the import map has an invalid URL', async () => {
    for (const [name, why] of [
      ['nothing', 'which does not export a model'],
      ['absent', 'which cannot be imported'],
    ] as const) {
      expect(await loaded(name, [await listed(name)])).toMatchObject({
        code: 'MODEL_NOT_FOUND',
        message: expect.stringContaining(why),
      })
    }
  })

  it('that is unknown is an error with the nearest name, before anything is fetched', async () => {
    const found = await loaded('smal', [await listed('small')])
    expect(found).toMatchObject({
      code: 'MODEL_UNKNOWN',
      details: { nearest: 'small', known: ['small'] },
      requests: [],
    })
    expect(await loaded('no such model', undefined)).toMatchObject({ code: 'MODEL_UNKNOWN', requests: [] })
  })

  it.each(listedModels.map(({ name }) => name))('published model %s comes from its package', async name => {
    const { code, requests } = await loaded(name, undefined)
    expect(code).toBe('none')
    expect(requests).toContain(`${name}/index.js`)
  })

  it('has no slash or dot: such a string is a URL', async () => {
    expect(await loaded('./small', [await listed('small')])).toMatchObject({ code: 'DOWNLOAD_NOT_FOUND' })
    expect(await loaded('m/public/', [])).toMatchObject({ code: 'none' })
  })
})
