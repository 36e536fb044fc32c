/**
 * Opens what is measured: a run, a checkpoint, or an exported model by name, folder or URL. Its identity is a hash of the parameters and of
 * everything else that determines the output, so stored results of an earlier checkpoint are not reused for a later one.
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Manifest, MixflowError } from '@mixflow/core'
import { checkpointFileName, findListed, manifestFileName } from '@mixflow/core/internal'
import type { Generator } from '@mixflow/measure'
import { type BadImageOptions, checkpointNetworks, openCheckpoint, storedConfig } from '@mixflow/train'
import { models } from '@mixflow/zoo/models'
import { loadOptions } from '../load-model.ts'
import { badImageOptions } from '../open-data.ts'
import { type BackendFlags, requestedBackend, startBackend } from '../start-backend.ts'

/** A run or checkpoint runs on a tfjs backend, by default onnx; a model, whose dtype is that of its files, on ONNX Runtime. */
export interface GeneratorOptions extends BackendFlags {
  readonly threads?: number | undefined
}

export interface SubjectFacts {
  readonly kind: 'checkpoint' | 'model'
  /** Folder of the checkpoint; name, folder or URL of the model. */
  readonly source: string
  readonly step: number
  readonly imagesSeen: number
}

export interface OpenGenerator extends Generator, AsyncDisposable {
  readonly id: string
  /** The training data, as far as it is known, and the number of its images that were used. */
  readonly trainedOn: string
  readonly limit: number | null
  /** How the training handled unreadable images. */
  readonly badImages: Partial<BadImageOptions>
  readonly facts: SubjectFacts
  readonly device: string
}

/** @throws MixflowError MODEL_NOT_FOUND, and as `openCheckpoint`, `startBackend` and `loadModel` */
export async function openGenerator(
  source: string,
  options: GeneratorOptions & { readonly signal?: AbortSignal | undefined },
): Promise<OpenGenerator> {
  if (isModel(source)) return openModel(source, options)
  if (!existsSync(join(source, checkpointFileName)) && !existsSync(join(source, 'checkpoints'))) {
    throw new MixflowError('MODEL_NOT_FOUND', `${source} is neither a run nor a checkpoint nor a model`, {
      hint: `a run has a folder checkpoints/, a checkpoint a file ${checkpointFileName}, a model a file ${manifestFileName}`,
      details: { source },
    })
  }
  return openTrained(source, options)
}

const isModel = (source: string): boolean =>
  /^https?:/i.test(source) ||
  findListed(source, models) !== undefined ||
  source.endsWith(manifestFileName) ||
  existsSync(join(source, manifestFileName))

async function openTrained(source: string, { threads, ...flags }: GeneratorOptions): Promise<OpenGenerator> {
  const chosen = requestedBackend(flags) ?? { backend: 'onnx' }
  const checkpoint = await openCheckpoint(source)
  const used = await startBackend({ ...chosen, threads })
  const { backend, device, dtype } = used
  const networks = checkpointNetworks(checkpoint)
  const { step, imagesSeen, config, files } = checkpoint.record
  const { data, limit, badImages, badImagesLimit } = storedConfig(config)
  const weights = files.filter(({ role }) => role !== 'optimizer').map(({ sha256 }) => sha256)
  return {
    model: networks.model,
    backend: networks.backend,
    trainedOn: data,
    limit,
    badImages: badImageOptions({ badImages, badImagesLimit }),
    id: hashOf({ weights, model: networks.model, backend, device, dtype }),
    device: used.text,
    facts: { kind: 'checkpoint', source: checkpoint.folder, step, imagesSeen },
    [Symbol.asyncDispose]: async () => networks.dispose(),
  }
}

async function openModel(
  source: string,
  { backend, signal, ...flags }: GeneratorOptions & { readonly signal?: AbortSignal | undefined },
): Promise<OpenGenerator> {
  if (backend !== undefined) throw noEffect(`--backend ${backend}`, 'a model runs on ONNX Runtime; choose its --device')
  const { loadModel } = await import('@mixflow/sdk-node')
  const model = await loadModel(source, { ...loadOptions(flags), ...(signal && { signal }) })
  const { manifest } = model
  const { device, dtype } = model.capabilities()
  const { dataset, steps, imagesSeen } = manifest.training
  return {
    model: manifest,
    backend: model.networks({ signal }),
    trainedOn: dataset,
    limit: null,
    badImages: {},
    id: modelId(manifest, { device, dtype }),
    device: `${device}, ${dtype}`,
    facts: { kind: 'model', source, step: steps, imagesSeen },
    [Symbol.asyncDispose]: () => model.dispose(),
  }
}

/** The identity of a model: its parameters, its defaults, and what it runs on. */
export function modelId(
  { files, image, labels, source, sampler }: Manifest,
  runtime: { readonly device: string; readonly dtype: string },
): string {
  const weights = files.filter(({ role }) => role === 'denoiser' || role === 'encoder').map(({ sha256 }) => sha256)
  return hashOf({ weights, model: { image, labels, source, sampler }, ...runtime })
}

const hashOf = (facts: object): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex')

const noEffect = (option: string, reason: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `${option} has no effect here`, { hint: `leave it out: ${reason}` })

/** Default folder of results: `evaluation` in the run, otherwise in the working directory. */
export function evaluationFolder(source: string): string {
  const run = [source, dirname(source), dirname(dirname(source))].find(path => existsSync(join(path, 'checkpoints')))
  return join(/^https?:/i.test(source) || run === undefined ? '.' : run, 'evaluation')
}
