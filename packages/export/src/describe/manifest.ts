/** The manifest of an export, from the checkpoint, the measures and the files so far. */

import type { Manifest, ManifestFile } from '@mixflow/core'
import { type Checkpoint, networkPorts, sha256Hex } from '@mixflow/core/internal'
import type { OpenCheckpoint, WeightsKind } from '../checkpoint/open-checkpoint.ts'

export interface ModelFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly role: ManifestFile['role']
  readonly dtype?: 'float32' | 'float16'
}

/** Facts that are not in the checkpoint. */
export type Stated = Pick<Manifest, 'name' | 'licence' | 'created' | 'labels' | 'sampler' | 'parity' | 'quality'> & {
  readonly description: string | undefined
  readonly command: string
  /** Number of parameters of all networks. */
  readonly parameters: number
}

export async function manifestOf(
  { record, weights }: Pick<OpenCheckpoint, 'record' | 'weights'>,
  files: readonly ModelFile[],
  { parameters, command, description, ...stated }: Stated,
): Promise<Manifest> {
  const { image, source } = record
  const attribution = attributionOf(record.dataset)
  return {
    format: 'mixflow-model',
    version: 1,
    ...stated,
    ...(description === undefined ? {} : { description }),
    files: await Promise.all(files.map(entryOf)),
    image: { ...image, range: [-1, 1], layout: 'NCHW' },
    networks: networkPorts(record),
    source,
    training: {
      dataset: record.dataset.name,
      ...(attribution === undefined ? {} : { attribution }),
      imagesSeen: record.imagesSeen,
      steps: record.step,
      seconds: record.trainSeconds,
      parameters,
      emaHalfLifeImages: halfLife(record.config, weights),
      command,
    },
  }
}

/** Returns the manifest's entry of a file. */
export async function entryOf({ bytes, ...file }: ModelFile): Promise<ManifestFile> {
  return { ...file, bytes: bytes.length, sha256: await sha256Hex(bytes) }
}

/** The attribution of the data, with the licence if it does not name that. */
function attributionOf({ attribution, licence }: Checkpoint['dataset']): string | undefined {
  if (attribution === undefined || licence === undefined) return attribution ?? licence
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9.]/g, '')
  return plain(attribution).includes(plain(licence)) ? attribution : `${attribution}, ${licence}`
}

/** null: no moving average, or one of unknown half-life. */
function halfLife({ emaHalfLifeImages }: Checkpoint['config'], weights: WeightsKind): number | null {
  return weights === 'ema' && typeof emaHalfLifeImages === 'number' ? emaHalfLifeImages : null
}
