/**
 * Einstein sums as batched matrix products: dimensions of two operands are shared, summed over, or of one operand only. Grouped and merged,
 * they form a batch of products, which is faster than ONNX Runtime's Einsum.
 */

import { backend_util } from '@tensorflow/tfjs-core'
import { sizeOf } from '../graph/layout.ts'
import type { Lazy } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'
import { apply, combine, numeric } from './elementwise.ts'
import { matMul } from './matmul.ts'
import { reduce } from './reduce.ts'
import { reshape, transpose } from './shape.ts'

/** A tensor with one letter per dimension. */
interface Term {
  readonly x: Lazy
  readonly labels: string
}

const sizeIn = ({ x, labels }: Term, label: string): number => x.shape[labels.indexOf(label)] as number
const sizesIn = (term: Term, labels: string): number[] => [...labels].map(label => sizeIn(term, label))

/** Sums over dimensions that no other term needs. */
function summed({ x, labels }: Term, needed: string): Term {
  const axes = [...x.shape.keys()].filter(i => !needed.includes(labels[i] as string))
  const sum = reduce(x, { op: 'ReduceSum', axes, keepDims: false, axesAs: 'input' })
  return { x: sum, labels: [...labels].filter(label => needed.includes(label)).join('') }
}

/** The term with its dimensions in the order of `labels`, reshaped to `shape`. */
const arranged = ({ x, labels: own }: Term, labels: string, shape: readonly number[]): Lazy =>
  reshape(
    transpose(
      x,
      [...labels].map(label => own.indexOf(label)),
    ),
    shape,
  )

function product(a: Term, b: Term, needed: string): Term {
  const pick = (labels: string, keep: (label: string) => boolean): string => [...labels].filter(keep).join('')
  const shared = (label: string): boolean => a.labels.includes(label) && b.labels.includes(label)
  const batch = pick(a.labels, label => shared(label) && needed.includes(label))
  const inner = pick(a.labels, label => shared(label) && !needed.includes(label))
  const [left, right] = [pick(a.labels, label => !shared(label)), pick(b.labels, label => !shared(label))]
  const [batches, k] = [sizesIn(a, batch), sizeOf(sizesIn(a, inner))]
  const [rows, columns] = [sizesIn(a, left), sizesIn(b, right)]
  const labels = batch + left + right
  if (inner === '') {
    const all = [arranged(a, batch + left, [...batches, ...rows, ...columns.map(() => 1)])]
    all.push(arranged(b, batch + right, [...batches, ...rows.map(() => 1), ...columns]))
    return { labels, x: combine(all, values => values.map(numeric).reduce((x, y) => apply('Mul', x, y))) }
  }
  const matrix = arranged(a, batch + left + inner, [...batches, sizeOf(rows), k])
  const other = arranged(b, batch + inner + right, [...batches, k, sizeOf(columns)])
  const result = matMul(matrix, other, { transposeA: false, transposeB: false })
  return { labels, x: reshape(result, [...batches, ...rows, ...columns]) }
}

const einsum: KernelFunction = call => {
  const tensors = call.list()
  const equation = call.attribute<string>('equation').replace(/\s/g, '')
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length)
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never)
  const [left, output = ''] = equation.split('->') as [string, string]
  const terms = left.split(',').map((labels, i) => ({ x: tensors[i] as Lazy, labels }))
  const neededAfter = (i: number): string => terms.slice(i + 1).reduce((all, { labels }) => all + labels, output)
  const result = terms.slice(1).reduce<Term>((term, next, i) => {
    const needed = neededAfter(i + 1)
    return product(summed(term, next.labels + needed), summed(next, term.labels + needed), needed)
  }, terms[0] as Term)
  const { x, labels } = summed(result, output)
  return transpose(
    x,
    [...output].map(label => labels.indexOf(label)),
  )
}

export const einsumKernels: KernelTable = { Einsum: einsum }
