/** A card's code runs as it stands, its facts are the manifest's, and foreign words stay words. */

import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@mixflow/core'
import { hostileNames, unprintable } from '@mixflow/core/testing'
import { openModel } from '@mixflow/tfjs-onnx'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../export-model.ts'
import {
  type Folder,
  sourceOf,
  type TinyOptions,
  temporaryFolder,
  tinyCheckpoint,
  writeFiles,
} from '../fixtures/tiny-checkpoint.ts'
import { fence, size, words } from './markdown.ts'

/** A folder inside the package, so that the examples find its dependencies. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/card/', import.meta.url))

let root: Folder
beforeAll(async () => {
  root = await temporaryFolder()
})
afterAll(() => root[Symbol.asyncDispose]())

let made = 0

async function exported(
  options: TinyOptions,
  stated: { readonly description?: string; readonly licence?: string } = {},
) {
  const folder = join(root.path, `${++made}`)
  const checkpoint = await writeFiles(join(folder, 'checkpoint'), tinyCheckpoint(options))
  const { manifest } = await exportModel({ checkpoint, out: join(folder, 'tiny'), ...stated })
  return { folder, manifest, card: await readFile(join(folder, 'tiny', 'README.md'), 'utf8') }
}

const codeOf = (card: string, mark: string): string => {
  const blocks = [...card.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code as string)
  return blocks.find(code => code.includes(mark)) as string
}

const kinds: Readonly<Record<string, TinyOptions>> = {
  'classes, conditioned on w': { source: sourceOf({ conditionOnWeight: true }) },
  'colour, no classes, no source': { classes: 0, channels: 3, source: null },
  'κ = label': { source: sourceOf({ kappa: 'label' }) },
}

describe.each(Object.entries(kinds))('the card of a model: %s', (_, options) => {
  let folder: string
  let manifest: Manifest
  let card: string
  beforeAll(async () => {
    ;({ folder, manifest, card } = await exported(options))
  })

  test('its example for Node writes four images', async () => {
    const file = join(cache, `example-${made}.mjs`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, codeOf(card, 'sdk-node'))
    const tsx = import.meta.resolve('tsx')
    const args = ['--conditions=@mixflow/source', '--import', tsx, file]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0)
    const pictures = (await readdir(folder)).filter(name => name.endsWith('.png'))
    expect(pictures.sort()).toEqual([0, 1, 2, 3].map(i => `image-${i}.png`))
  })

  test('its example for browsers computes an image', async () => {
    const x = await runInBrowserWords(codeOf(card, 'onnxruntime-web'), join(folder, 'tiny'))
    const { channels, height, width } = manifest.image
    expect(x).toHaveLength(channels * height * width)
    expect(x.every(Number.isFinite)).toBe(true)
    expect(card).toContain(`\`x\` ends as ${channels} × ${height} × ${width} numbers`)
    expect(card.includes('which is mixture weight 0')).toBe(manifest.source?.kappa === 'label')
  })

  test('lists every file and the parity, and no missing number', () => {
    for (const { path, bytes } of manifest.files.filter(({ role }) => role !== 'card')) {
      expect(card).toContain(`| \`${path}\` |`)
      expect(card).toContain(`| ${size(bytes)} |`)
    }
    for (const measured of Object.values(manifest.parity)) {
      expect(card).toContain(`| ${measured.maxAbsError.toExponential(1)} | ${measured.limit.toExponential(1)} |`)
    }
    expect(card).not.toMatch(/undefined|null|NaN|\[object/)
    expect(card).toContain('Not measured.')
    expect(card).toContain('Shapes by nobody in particular, CC-BY-4.0')
    expect(card).toContain('No licence was stated for the parameters.')
  })
})

/** Runs code written for onnxruntime-web on the runtime of this package's tests; returns its `x`. */
async function runInBrowserWords(code: string, folder: string): Promise<Float32Array> {
  class Tensor {
    constructor(type: string, data: ArrayLike<number>, dims: number[]) {
      Object.assign(this, { type, dims, data: type === 'int32' ? Int32Array.from(data) : Float32Array.from(data) })
    }
  }
  const InferenceSession = { create: async (path: string) => openModel(await readFile(join(folder, path))) }
  const body = code.replace("import * as ort from 'onnxruntime-web'", '')
  expect(body).not.toContain('import')
  const AsyncFunction = (async () => {}).constructor as new (
    ...words: string[]
  ) => (ort: object) => Promise<Float32Array>
  return new AsyncFunction('ort', `${body}\nreturn x`)({ Tensor, InferenceSession })
}

describe('untrusted text', () => {
  const dataset = {
    name: '<b>| x\n# y',
    images: 40,
    attribution: 'see [here](http://example.org) & `there` | *or not*',
  }

  test('does not become markup', async () => {
    const { card } = await exported({ change: { dataset, preset: null } })
    expect(card).toContain('| Data | &lt;b>\\| x\\\\n# y, 40 images |')
    expect(card).toContain('see \\[here\\](http://example.org) &amp; \\`there\\` \\| \\*or not\\*')
    expect(card.split('\n').filter(line => line.startsWith('# '))).toEqual(['# b-x-y'])
  })

  test('does not break the lines and tables of a card', async () => {
    const named = async (names: readonly string[]) => {
      const labels = { count: names.length, names }
      const dataset = { name: names.join(' '), images: 40, attribution: names.join(' ') }
      const change = { dataset, labels, preset: names[0]! }
      const stated = { description: names[1]!, licence: names[2]! }
      return (await exported({ classes: names.length, change }, stated)).card
    }
    const [card, plain] = [await named(hostileNames), await named(hostileNames.map((_, i) => `name-${i}`))]
    expect(card).not.toMatch(unprintable)
    expect(card.replaceAll(/^```.*?^```$/gms, '')).not.toContain('<')
    const borders = (of: string) => of.split('\n').map(line => line.match(/(?<!\\)\|/g)?.length)
    expect(borders(card)).toEqual(borders(plain))
  })

  test('a description is the author’s own, a licence goes to the hub’s fields', async () => {
    const { card } = await exported({}, { description: 'Shapes, **drawn**.', licence: 'CC-BY-SA-4.0' })
    expect(card).toContain('\n\nShapes, **drawn**.\n\n')
    expect(card.split('\n').slice(0, 3)).toEqual(['---', 'license: "cc-by-sa-4.0"', 'library_name: "mixflow"'])
    const other = await exported({}, { licence: 'LicenseRef-own' })
    expect(other.card).toContain('license: "other"\nlicense_name: "LicenseRef-own"\n')
  })

  test('markdown helpers', () => {
    expect(words('  a\n b|c ')).toBe('a b\\|c')
    expect(fence('sh', 'echo ```` x')).toBe('`````sh\necho ```` x\n`````')
    expect([size(999), size(1500), size(2_680_115)]).toEqual(['999 bytes', '1.5 kB', '2.7 MB'])
  })
})
