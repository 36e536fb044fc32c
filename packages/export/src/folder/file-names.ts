/** What the files of an exported model are called. */

import { manifestFileName } from '@mixflow/core/internal'
import type { Role } from '../graph/network-graph.ts'
import { type Dtype, dtypes } from '../graph/onnx-bytes.ts'

export const fileNames = { manifest: manifestFileName, card: 'README.md', grid: 'grid.png' } as const

/** `denoiser.onnx`, `denoiser.fp16.onnx`, … */
export const graphName = (role: Role, dtype: Dtype): string => `${role}${dtype === 'float16' ? '.fp16' : ''}.onnx`

/** Every name that an export can give. */
export const allNames: readonly string[] = [
  ...Object.values(fileNames),
  ...dtypes.flatMap(dtype => [graphName('denoiser', dtype), graphName('encoder', dtype)]),
]
