/**
 * Makes the quick start's embedded data set, `assets/quickstart-*`: the first 10,000 training digits of MNIST, as one
 * gzipped idx pair. Run from the repository's root, with a folder that has MNIST's training files:
 *
 *     npx tsx --conditions=@mixflow/source packages/train/scripts/make-quickstart.ts <folder>
 *
 * The same digits give the same bytes with the same zlib; a test compares the assets with the real digits.
 */
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { limitDataset } from '../src/data/adapt-dataset.ts'
import { readMnist } from '../src/data/mnist.ts'
import { quickstartCount, quickstartPaths } from '../src/data/quickstart.ts'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('which folder has train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz?')

const digits = limitDataset(await readMnist(folder, 'train'), quickstartCount)
const files = {
  images: idx([digits.count, digits.height, digits.width], digits.images),
  labels: idx([digits.count], Uint8Array.from(digits.labels!)),
}
for (const kind of ['images', 'labels'] as const) {
  const zipped = gzipSync(files[kind], { level: 9, memLevel: 9 })
  await writeFile(quickstartPaths[kind], zipped)
  console.log(`${quickstartPaths[kind]}: ${zipped.length} bytes`)
}

function idx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dims.length))
  header.setUint32(0, 0x800 + dims.length)
  dims.forEach((size, i) => {
    header.setUint32(4 + 4 * i, size)
  })
  return Buffer.concat([new Uint8Array(header.buffer), data])
}
