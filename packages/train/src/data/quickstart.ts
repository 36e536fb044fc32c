/**
 * The data set inside this package: the first 10,000 training digits of MNIST, so that the quick start needs no
 * download. `scripts/make-quickstart.ts` made the two files; `assets/README.md` credits them.
 */
import { fileURLToPath } from 'node:url'
import type { Dataset } from './dataset.ts'
import { mnistAttribution, mnistClassNames, mnistLicence, readIdxPair } from './mnist.ts'

export const quickstartCount = 10_000

/** `assets` is two folders up from here, in `src/data` as in `dist/data`. */
const asset = (name: string) => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url))

export const quickstartPaths = {
  images: asset('quickstart-images-idx3-ubyte.gz'),
  labels: asset('quickstart-labels-idx1-ubyte.gz'),
} as const

/** Reads the embedded digits: 10,000 of 1x28x28, classes 0 to 9. */
export function readQuickstart(): Promise<Dataset> {
  return readIdxPair(quickstartPaths.images, {
    name: 'quickstart',
    split: 'train',
    licence: mnistLicence,
    attribution: mnistAttribution,
    classNames: mnistClassNames,
  })
}
