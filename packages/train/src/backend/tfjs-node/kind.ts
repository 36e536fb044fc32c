/**
 * The pinned parts of the two kinds of native TensorFlow: the npm package with the source of its addon, and the Python wheels with
 * the shared libraries that the addon links to. 4.22.0 is the last release of tfjs-node. Its own libtensorflow (2.9.1, CUDA 11.2)
 * does not support recent GPUs, but newer libraries have the same C API.
 *
 * The wheels are for CPython 3.11, but only their C++ libraries are used.
 */

import { join } from 'node:path'
import { cacheFolder } from '../../data/cache-folder.ts'
import type { Wheel } from '../set-up/wheels.ts'

export type TfjsNodeKind = 'tfjs-node' | 'tfjs-node-gpu'

interface Parts {
  readonly package: string
  readonly version: string
  readonly integrity: string
  /** TensorFlow, then the CUDA libraries it needs. */
  readonly wheels: readonly [Wheel, ...Wheel[]]
  /** Download and disk size, as text. */
  readonly size: string
}

const version = '4.22.0'

const wheel = (name: string, version: string, sha256: string): Wheel => ({ name, version, sha256 })

export const parts: Readonly<Record<TfjsNodeKind, Parts>> = {
  'tfjs-node': {
    package: '@tensorflow/tfjs-node',
    version,
    integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
    wheels: [wheel('tensorflow-cpu', '2.15.1', '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26')],
    size: '0.2 GB to download, 0.9 GB on disk',
  },
  'tfjs-node-gpu': {
    package: '@tensorflow/tfjs-node-gpu',
    version,
    integrity: 'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
    wheels: [
      wheel('tensorflow', '2.18.1', 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828'),
      wheel('nvidia-cublas-cu12', '12.5.3.2', 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'),
      wheel('nvidia-cuda-cupti-cu12', '12.5.82', 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'),
      wheel('nvidia-cuda-nvcc-cu12', '12.5.82', 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'),
      wheel('nvidia-cuda-nvrtc-cu12', '12.5.82', '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'),
      wheel('nvidia-cuda-runtime-cu12', '12.5.82', '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'),
      wheel('nvidia-cudnn-cu12', '9.3.0.75', '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'),
      wheel('nvidia-cufft-cu12', '11.2.3.61', '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'),
      wheel('nvidia-curand-cu12', '10.3.6.82', '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'),
      wheel('nvidia-cusolver-cu12', '11.6.3.83', '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'),
      wheel('nvidia-cusparse-cu12', '12.5.1.3', '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'),
      wheel('nvidia-nccl-cu12', '2.21.5', '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'),
      wheel('nvidia-nvjitlink-cu12', '12.5.82', 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'),
    ],
    size: '1.8 GB to download, 4 GB on disk',
  },
}

/** The folder that `setUpTfjsNode` creates. Its name contains the versions. */
export function tfjsNodeFolder(kind: TfjsNodeKind): string {
  const { version, wheels } = parts[kind]
  return join(cacheFolder('backends'), `${kind}-${version}-tensorflow-${wheels[0].version}`)
}

/** The folder of the npm package inside that folder. */
export const packageFolder = (home: string, kind: TfjsNodeKind): string =>
  join(home, 'node_modules', parts[kind].package)
