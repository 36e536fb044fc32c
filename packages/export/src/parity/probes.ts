/**
 * The random inputs of the comparison: eight images, run in batches of 1, 2 and 5, among them both ends of t and w, the first
 * and last class and "no label". They are the same for every export.
 */

import { integers, type Labels, MixflowError, normals, uniforms } from '@mixflow/core'
import type { Port } from '@mixflow/core/internal'

export const batchSizes = [1, 2, 5] as const
export const imageCount = batchSizes.reduce<number>((sum, size) => sum + size, 0)

export interface Probe {
  readonly port: Port
  /** Values of all images, one after the other. */
  readonly data: Float32Array | Int32Array
}

/** Returns a probe for each input. @param labels classes of the model */
export const probes = (inputs: readonly Port[], labels: Labels | null): Probe[] =>
  inputs.map((port, i) => ({ port, data: numbers(port, { seed: i + 1, classes: labels?.count ?? 0 }) }))

interface Draw {
  readonly seed: number
  readonly classes: number
}

function numbers(port: Port, { seed, classes }: Draw): Float32Array | Int32Array {
  const draw = { seed, stream: 'probe', images: imageCount, elementsPerImage: elementsOf(port) } as const
  switch (port.name) {
    case 'x':
      return normals(draw)
    case 'kappa':
      return port.dtype === 'float32' ? normals(draw) : labelsFrom([0, classes - 1], { ...draw, below: classes })
    case 'label':
      return labelsFrom([0, classes, classes - 1], { ...draw, below: classes + 1 })
    case 't':
    case 'w': {
      const values = uniforms(draw)
      values.set([0, 1], 1)
      return values
    }
    default:
      throw new MixflowError('ARGUMENT_INVALID', `the comparison has no values for an input named "${port.name}"`)
  }
}

/** Random labels, of which the first are replaced. */
function labelsFrom(first: readonly number[], draw: Parameters<typeof integers>[0]): Int32Array {
  const labels = Int32Array.from(integers(draw))
  labels.set(first)
  return labels
}

/** Values per image. */
export const elementsOf = ({ dims }: Port): number =>
  dims.reduce<number>((product, size) => (size === 'N' ? product : product * size), 1)

/** A probe's values for a range of images. */
export const slice = ({ port, data }: Probe, { first, images }: { readonly first: number; readonly images: number }) =>
  data.subarray(first * elementsOf(port), (first + images) * elementsOf(port))

/** The shape of a port at a batch size. */
export const shapeOf = ({ dims }: Port, images: number): number[] => dims.map(size => (size === 'N' ? images : size))
