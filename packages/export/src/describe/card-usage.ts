/** The examples of a model card: with `@mixflow/sdk-node`, and with onnxruntime-web alone, by Euler steps along the velocity. */

import type { Manifest } from '@mixflow/core'
import type { Port } from '@mixflow/core/internal'
import { graphName } from '../model-folder.ts'

/** The class in the examples; null if the model has none. */
const shownLabel = ({ labels }: Manifest) => (labels === null ? null : Math.min(3, labels.count - 1))

/** @param packageName npm package of the model; without it, the example loads the folder */
export function nodeExample(manifest: Manifest, packageName?: string): string {
  const label = shownLabel(manifest)
  const request = `{ count: 4, ${label === null ? '' : `label: ${label}, `}seed: 42 }`
  return lines(
    `import { writeFile } from 'node:fs/promises'`,
    ...(packageName === undefined ? [] : [`import files from '${packageName}'`]),
    `import { loadModel } from '@mixflow/sdk-node'`,
    '',
    packageName === undefined
      ? `const model = await loadModel('./${manifest.name}') // this folder`
      : 'const model = await loadModel(files)',
    `const { images } = await model.sample(${request})`,
    `for (const image of images) await writeFile(\`image-\${image.index}.png\`, await image.toPng())`,
    'await model.dispose()',
  )
}

export function browserExample(manifest: Manifest): string {
  const { channels, height, width } = manifest.image
  const tensors = manifest.networks.denoiser.inputs.map(port => `${port.name}: ${tensor(port, manifest)}`)
  return lines(
    `import * as ort from 'onnxruntime-web'`,
    '',
    `const network = await ort.InferenceSession.create('${smallest(manifest)}')`,
    'const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())',
    `let x = Float32Array.from({ length: ${channels * height * width} }, normal)`,
    'for (let t = 0; t < 1; t += 1 / 8) {',
    '  const { velocity } = await network.run({',
    ...tensors.map(line => `    ${line},`),
    '  })',
    '  x = x.map((value, i) => value + velocity.data[i] / 8)',
    '}',
  )
}

const smallest = ({ files }: Manifest): string =>
  graphName('denoiser', files.some(({ dtype }) => dtype === 'float16') ? 'float16' : 'float32')

const lines = (...code: readonly string[]): string => code.join('\n')

/** The expression for an input of one image, from the variables of the example. */
function tensor({ name, dtype, dims }: Port, manifest: Manifest): string {
  const values: Record<string, string> = { x: 'x', t: '[t]', label: `[${shownLabel(manifest)}]`, w: '[0]' }
  return `new ort.Tensor('${dtype}', ${values[name]}, [${dims.map(dim => (dim === 'N' ? 1 : dim)).join(', ')}])`
}
