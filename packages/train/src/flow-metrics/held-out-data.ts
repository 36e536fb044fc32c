/** Images to evaluate a model on: the test part of a data set, because a model may memorize its training images. */

import { MixflowError } from '@mixflow/core'
import { parseDataSpec } from '../data/data-spec.ts'
import type { Dataset } from '../data/dataset.ts'
import { type OpenDataOptions, openData } from '../data/open-data.ts'

/** The test part, or the training part if there is no test part; see `Dataset.split`. @throws MixflowError as `openData` */
export async function openHeldOut(spec: string, options: Omit<OpenDataOptions, 'split'> = {}): Promise<Dataset> {
  const { kind } = await parseDataSpec(spec)
  if (kind === 'mnist' || kind === 'cifar10' || kind === 'idx' || kind === 'images') {
    try {
      return await openData(spec, { ...options, split: 'test' })
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  return openData(spec, options)
}

/** The folder may have the training part only, or the path be one of its files. */
const isAbsent = (error: unknown): boolean =>
  MixflowError.is(error) && (error.code === 'DATA_NOT_FOUND' || error.code === 'ARGUMENT_INVALID')
