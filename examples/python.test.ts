/** The Python example gives the images of sdk-node for the same seed. Its packages are installed with pip, once. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadModel } from '@mixflow/sdk-node'
import { expect, test } from 'vitest'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const installed = path('../node_modules/.cache/python-example')
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0
if (!hasPip) console.warn('the Python example is not tested: python3 -m pip does not run here')

test.skipIf(!hasPip).each([
  ['mnist', 'float32', { seed: 2 ** 40 + 7, label: 3, steps: 5, count: 2 }],
  ['cifar10-small-rectified-flow', 'float16', { seed: 1, label: 8, steps: 4, count: 1 }],
] as const)('%s in Python', async (name, dtype, request) => {
  if (!existsSync(installed))
    execFileSync('python3', ['-m', 'pip', 'install', '-q', '--target', installed, 'onnxruntime', 'numpy'])
  const options = Object.entries(request).map(([key, value]) => `--${key}=${value}`)
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-python-'))
  try {
    const model = path(`../models/${name}`)
    const env = { ...process.env, PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: '1' }
    execFileSync('python3', [path('python/sample.py'), model, ...options], { cwd: folder, env })
    await using loaded = await loadModel(model, { dtype })
    const { images } = await loaded.sample({ ...request, solver: 'euler', guidance: 0 })
    for (const [i, image] of images.entries()) {
      const file = readFileSync(join(folder, image.channels === 1 ? `out-${i}.pgm` : `out-${i}.ppm`))
      const { channels, data } = image
      const pixels = file.subarray(-data.length)
      // the file has the channels of a pixel side by side, the image one channel after the other
      const differences = [...pixels].map((value, k) => {
        const number = data[(k % channels) * (data.length / channels) + Math.floor(k / channels)] as number
        return Math.abs(value - 127.5 * (1 + Math.min(1, Math.max(-1, number))))
      })
      expect(Math.max(...differences)).toBeLessThan(1)
      expect(new Set(pixels).size).toBeGreaterThan(20)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
