/** Kernels that gather or scatter elements by indices. Known indices are checked at once, as in tfjs; others by ONNX Runtime. */

import { backend_util, gather_util, scatter_util, util } from '@tensorflow/tfjs-core'
import { type Shape, sizeOf } from '../graph/layout.ts'
import { emit, emitAll, filled, integers, reshaped, transposed, type Value } from '../graph/value.ts'
import { castTo, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { numeric } from './elementwise.ts'
import { lazyFill } from './shape.ts'

/** The fields that tfjs's helpers use. */
const asTensor = ({ shape, dtype }: Lazy) => ({ shape, dtype, rank: shape.length, size: sizeOf(shape) }) as never

const whole = (indices: Lazy): Value => castTo(rowMajorValue(indices), 'int32')

const wide = (indices: Value): Value =>
  emit('Cast', [indices], { shape: indices.shape, type: 'int64', attributes: { to: 7 } })

function knownNumbers({ value: { origin } }: Lazy): ArrayLike<number> {
  if (origin.kind === 'fed' || origin.kind === 'constant') return origin.data
  return origin.kind === 'fill' ? [origin.value] : []
}

/** Each row of the indices addresses the first `depth` dimensions of `shape`. */
function checkIndices(call: Call, indices: Lazy, { shape, depth }: { shape: Shape; depth: number }): void {
  const known = knownNumbers(indices)
  for (let i = 0; i < known.length; i++) {
    const index = known[i] as number
    const size = shape[i % depth] as number
    if (index < 0 || index >= size) throw call.refuse(`the index value ${index} is not in [0, ${size - 1}]`)
  }
}

const gather: KernelFunction = call => {
  const x = call.input('x')
  const indices = call.input('indices')
  const [axis = 0] = util.parseAxisParam(call.attribute('axis'), [...x.shape])
  const batchDims = call.attribute<number | undefined>('batchDims') ?? 0
  const info = backend_util.segment_util.collectGatherOpShapeInfo(asTensor(x), asTensor(indices), axis, batchDims)
  const { outputShape: shape, batchSize, outerSize, dimSize, sliceSize } = info
  checkIndices(call, indices, { shape: [dimSize], depth: 1 })
  if (sizeOf(shape) === 0) return lazyFill(shape, 0, x.dtype)
  if (batchDims === 0) {
    const value = emit('Gather', [rowMajorValue(x), whole(indices)], { shape, attributes: { axis } })
    return { ...rowMajor(value), dtype: x.dtype }
  }
  const count = sizeOf(indices.shape) / batchSize
  const rows = transposed(reshaped(rowMajorValue(x), [batchSize, outerSize, dimSize, sliceSize]), [0, 2, 1, 3])
  const positions = reshaped(wide(whole(indices)), [batchSize, count, 1])
  const chosen = emit('GatherND', [rows, positions], {
    shape: [batchSize, count, outerSize, sliceSize],
    attributes: { batch_dims: 1 },
  })
  return { ...rowMajor(reshaped(transposed(chosen, [0, 2, 1, 3]), shape)), dtype: x.dtype }
}

const gatherNd: KernelFunction = call => {
  const params = call.input('params')
  const indices = call.input('indices')
  const [shape] = gather_util.prepareAndValidate(asTensor(params), asTensor(indices))
  checkIndices(call, indices, { shape: params.shape, depth: indices.shape.at(-1) as number })
  if (sizeOf(shape) === 0) return lazyFill(shape, 0, params.dtype)
  return rowMajor(emit('GatherND', [rowMajorValue(params), wide(whole(indices))], { shape }))
}

/** Writes `updates` into `into` at the positions given by the rows of `indices`. */
function scatter(call: Call, into: Lazy, reduction: 'add' | 'none'): Lazy {
  const [indices, updates] = [call.input('indices'), call.input('updates')]
  const { shape } = into
  const { sliceRank, numUpdates } = scatter_util.calculateShapes(asTensor(updates), asTensor(indices), [...shape])
  checkIndices(call, indices, { shape, depth: sliceRank })
  if (sizeOf(shape) === 0 || numUpdates === 0) return into
  const positions = reshaped(wide(whole(indices)), [numUpdates, sliceRank])
  const rows = reshaped(numeric(rowMajorValue(updates)), [numUpdates, ...shape.slice(sliceRank)])
  const value = emit('ScatterND', [numeric(rowMajorValue(into)), positions, rows], { shape, attributes: { reduction } })
  return rowMajor(castTo(value, into.dtype))
}

const topK: KernelFunction = call => {
  const x = call.input('x')
  const k = call.attribute<number>('k')
  const last = x.shape.at(-1) as number
  if (k > last) throw call.refuse(`k is ${k}, but the last dimension has only ${last} elements`)
  const shape = [...x.shape.slice(0, -1), k]
  if (sizeOf(shape) === 0) return [lazyFill(shape, 0, x.dtype), lazyFill(shape, 0, 'int32')]
  const [values, positions] = emitAll({
    op: 'TopK',
    inputs: [numeric(rowMajorValue(x)), integers([k])],
    outputs: [
      { shape, type: x.dtype === 'bool' ? 'int32' : x.dtype },
      { shape, type: 'int64' },
    ],
  }) as [Value, Value]
  return [rowMajor(castTo(values, x.dtype)), rowMajor(castTo(positions, 'int32'))]
}

export const indexingKernels: KernelTable = {
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: call => {
    const { dtype } = call.input('updates')
    const shape = call.attribute<number[]>('shape')
    return scatter(call, rowMajor(filled(shape, 0, dtype)), 'add')
  },
  TensorScatterUpdate: call => scatter(call, call.input('tensor'), 'none'),
  TopK: topK,
}
