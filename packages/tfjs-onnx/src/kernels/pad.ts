/** Padding with a constant or by reflection. */

import { inverseLayout, permute, type Shape } from '../graph/layout.ts'
import { emit, integers } from '../graph/value.ts'
import { castTo, type Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { numeric } from './elementwise.ts'
import { concat, padValue, reversed, slice } from './shape.ts'

type Paddings = readonly (readonly [number, number])[]

const pad: KernelFunction = call => {
  const x = call.input('x')
  const physical = permute(call.attribute<Paddings>('paddings'), x.layout)
  const value = padValue(
    numeric(x.value),
    { before: physical.map(([n]) => n), after: physical.map(([, n]) => n) },
    call.attribute('constantValue'),
  )
  return { ...x, shape: permute(value.shape, inverseLayout(x.layout)), value: castTo(value, x.dtype) }
}

const mirrorPad: KernelFunction = call => {
  const x = call.input('x')
  const paddings = call.attribute<Paddings>('paddings')
  return call.attribute('mode') === 'reflect' ? reflected(call, x, paddings) : symmetric(x, paddings)
}

/** Without repeating the edge, which is ONNX's mode reflect. */
function reflected(call: Call, x: Lazy, paddings: Paddings): Lazy {
  const shape: Shape = x.shape.map((size, i) => {
    const [before, after] = paddings[i] as readonly [number, number]
    if (Math.max(before, after) >= size)
      throw call.refuse(`cannot reflect ${before} and ${after} beyond a size of ${size}`)
    return size + before + after
  })
  const physical = permute(paddings, x.layout)
  const value = emit('Pad', [x.value, integers([...physical.map(([n]) => n), ...physical.map(([, n]) => n)])], {
    shape: permute(shape, x.layout),
    attributes: { mode: 'reflect' },
  })
  return { ...x, shape, value }
}

/** With the edge repeated. ONNX has no such mode, so reversed parts are concatenated. */
const symmetric = (x: Lazy, paddings: Paddings): Lazy =>
  paddings.reduce<Lazy>((padded, [before, after], axis) => {
    const size = padded.shape[axis] as number
    const turned = (begin: number, length: number): Lazy[] => {
      if (length === 0) return []
      const from = padded.shape.map((_, i) => (i === axis ? begin : 0))
      const part = slice(padded, from, padded.shape.with(axis, length))
      return [{ ...part, value: reversed(part.value, [part.layout.indexOf(axis)]) }]
    }
    return concat([...turned(0, before), padded, ...turned(size - after, after)], axis)
  }, x)

export const padKernels: KernelTable = { PadV2: pad, MirrorPad: mirrorPad }
