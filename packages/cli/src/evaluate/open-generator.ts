/**
 * What is measured, by the path that a person has at hand: a run, a checkpoint, or an exported model (also by name or address). Its
 * identity is a hash of the weights and of all that decides what they compute: results that are kept are known by it, so that
 * those of a run which was trained on are never taken for the new ones.
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Manifest, MixflowError } from '@mixflow/core'
import { checkpointFileName, findListed, manifestFileName } from '@mixflow/core/internal'
import type { Generator } from '@mixflow/measure'
import {
  type BadImageOptions,
  type backendNames,
  checkpointNetworks,
  type deviceNames,
  openCheckpoint,
  storedConfig,
} from '@mixflow/train'
import { models } from '@mixflow/zoo/models'
import { badImageOptions } from '../data/open-data-or-list.ts'
import { startBackend } from '../start-backend.ts'

export interface GeneratorOptions {
  /** Of a run or checkpoint: what computes; onnx unless given. */
  readonly backend?: string | undefined
  readonly device?: string | undefined
  /** Of a model. */
  readonly dtype?: string | undefined
  readonly threads?: number | undefined
}

export interface SubjectFacts {
  readonly kind: 'checkpoint' | 'model'
  /** Folder of the checkpoint, or place of the model. */
  readonly place: string
  readonly step: number
  readonly imagesSeen: number
}

export interface OpenGenerator extends Generator, AsyncDisposable {
  readonly id: string
  /** What it was trained on, as far as is known, and how many images of it. */
  readonly trainedOn: string
  readonly limit: number | null
  /** What its training did with images that cannot be read. */
  readonly badImages: Partial<BadImageOptions>
  readonly facts: SubjectFacts
  /** Where it computes. */
  readonly device: string
}

/** @throws MixflowError MODEL_NOT_FOUND, and as `openCheckpoint`, `startBackend` and `loadModel` do */
export async function openGenerator(
  place: string,
  options: GeneratorOptions & { readonly signal?: AbortSignal | undefined },
): Promise<OpenGenerator> {
  if (isModel(place)) return openModel(place, options)
  if (!existsSync(join(place, checkpointFileName)) && !existsSync(join(place, 'checkpoints'))) {
    throw new MixflowError('MODEL_NOT_FOUND', `${place} is neither a run nor a checkpoint nor a model`, {
      hint: `a run has a folder checkpoints/, a checkpoint a file ${checkpointFileName}, a model a file ${manifestFileName}`,
      details: { place },
    })
  }
  refuse({ dtype: options.dtype }, 'a run or checkpoint has float32 weights')
  return openTrained(place, options)
}

const isModel = (place: string): boolean =>
  /^https?:/i.test(place) ||
  findListed(place, models) !== undefined ||
  place.endsWith(manifestFileName) ||
  existsSync(join(place, manifestFileName))

async function openTrained(
  place: string,
  { backend = 'onnx', device, threads }: GeneratorOptions,
): Promise<OpenGenerator> {
  const checkpoint = await openCheckpoint(place)
  const used = await startBackend({
    backend: backend as (typeof backendNames)[number],
    ...(device === undefined ? {} : { device: device as (typeof deviceNames)[number] }),
    threads,
  })
  const networks = checkpointNetworks(checkpoint)
  const { step, imagesSeen, config, files } = checkpoint.record
  const { data, limit, badImages, badImagesLimit } = storedConfig(config)
  const weights = files.filter(({ role }) => role !== 'optimizer').map(({ sha256 }) => sha256)
  const computes = { backend: used.backend, device: used.device }
  return {
    ...{ model: networks.model, backend: networks.backend, trainedOn: data, limit },
    badImages: badImageOptions({ badImages, badImagesLimit }),
    id: hashOf({ weights, model: networks.model, ...computes }),
    device: used.text,
    facts: { kind: 'checkpoint', place: checkpoint.folder, step, imagesSeen },
    [Symbol.asyncDispose]: async () => networks.dispose(),
  }
}

async function openModel(
  place: string,
  { backend, device, dtype, threads, signal }: GeneratorOptions & { readonly signal?: AbortSignal | undefined },
): Promise<OpenGenerator> {
  refuse({ backend }, 'a model runs on ONNX Runtime: --device says where')
  const { loadModel } = await import('@mixflow/sdk-node')
  const loaded = await loadModel(place, {
    ...({ ...(device && { device }), ...(dtype && { dtype }) } as Parameters<typeof loadModel>[1]),
    ...(threads === undefined ? {} : { threads }),
    ...(signal && { signal }),
  })
  const { training } = loaded.manifest
  const { device: runsOn, dtype: precision } = loaded.capabilities()
  return {
    ...{ model: loaded.manifest, backend: loaded.networks({ signal }), trainedOn: training.dataset, limit: null },
    badImages: {},
    id: modelId(loaded.manifest, { device: runsOn, dtype: precision }),
    device: `${runsOn}, ${precision}`,
    facts: { kind: 'model', place, step: training.steps, imagesSeen: training.imagesSeen },
    [Symbol.asyncDispose]: () => loaded.dispose(),
  }
}

/** What results of a model are known by: its weights, its defaults, and where they were computed. */
export function modelId(
  { files, image, labels, source, sampler }: Manifest,
  place: { readonly device: string; readonly dtype: string },
): string {
  const weights = files.filter(({ role }) => role === 'denoiser' || role === 'encoder').map(({ sha256 }) => sha256)
  return hashOf({ weights, model: { image, labels, source, sampler }, ...place })
}

const hashOf = (facts: object): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex')

function refuse(options: Readonly<Record<string, unknown>>, hint: string): void {
  const [given] = Object.entries(options).filter(([, value]) => value !== undefined)
  if (given === undefined) return
  throw new MixflowError('ARGUMENT_INVALID', `--${given[0]} ${given[1]} has no effect here`, {
    hint: `leave it out: ${hint}`,
  })
}

/** Where results of a place are kept unless said otherwise: in its run, else in the working directory. */
export function evaluationFolder(place: string): string {
  const isRun = (folder: string) => existsSync(join(folder, 'checkpoints'))
  const run = [place, dirname(place), dirname(dirname(place))].find(isRun)
  return join(/^https?:/i.test(place) || run === undefined ? '.' : run, 'evaluation')
}
