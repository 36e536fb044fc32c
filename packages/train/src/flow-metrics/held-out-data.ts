/**
 * Images to measure a model on: the test part of a data set that has one, since a model may have learned its training
 * images by heart; else the training images, and the answer says so.
 */

import { MixflowError } from '@mixflow/core'
import { parseDataSpec } from '../data/data-spec.ts'
import type { Dataset } from '../data/dataset.ts'
import type { OpenDataOptions } from '../data/open-data.ts'
import { openData } from '../data/open-data.ts'

/** The `split` of the data set tells which it became. @throws MixflowError as `openData` does */
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

/** A folder may hold the training half alone, or a path name one file of it. */
const isAbsent = (error: unknown): boolean =>
  MixflowError.is(error) && (error.code === 'DATA_NOT_FOUND' || error.code === 'ARGUMENT_INVALID')
