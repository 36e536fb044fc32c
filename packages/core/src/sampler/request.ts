/**
 * A sampling request, checked and completed with the model's defaults. Everything is decided here, so that the loop (integrate.ts)
 * only computes, and every SDK rejects the same mistakes with the same messages.
 */
import { MixflowError } from '../errors.ts'
import {
  type FixedSolverName,
  fixedSolvers,
  isAdaptive,
  nfeOf,
  type SolverName,
  solverNames,
  stepsOf,
} from '../method/ode/solver.ts'
import { integers, maxSeed } from '../method/random/random.ts'
import { samplesFromEncoder } from '../method/source/kappa-fc.ts'
import { checkKeys, checkWord, show } from '../util/strict.ts'
import { type ClassLabel, resolveLabel } from './class-label.ts'
import { elementsOf, type ImageShape, type SamplerModel } from './model-facts.ts'
import type { SampleProgress } from './result.ts'

/** Options of every call: how the equation is solved, and for which class. */
export interface SolveRequest {
  /** Default: the model's. */
  readonly solver?: SolverName
  /** Steps of a fixed-step solver. Not together with `nfe`. */
  readonly steps?: number
  /** Number of velocity evaluations per image (NFE), instead of `steps`. With guidance, each evaluation calls the denoiser twice. */
  readonly nfe?: number
  /**
   * The step times of a fixed-step solver are (i / steps)^gridPower, 0.1..10. Above 1 the steps are shorter near the noise. Default:
   * the model's.
   */
  readonly gridPower?: number
  /** Error tolerance of an adaptive solver, relative and absolute. Default: 1e-5. */
  readonly tolerance?: number
  /** With an adaptive solver: choose the steps for each image separately, so that images do not affect each other; slower. Default: false. */
  readonly perImage?: boolean
  /**
   * Class of all images, or of each: an index or a name (`resolveLabel` has the rule); `null` for no class, if the model
   * supports that. Default: drawn from the seed, each class equally often.
   */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
  /**
   * Classifier-free guidance g: velocity = v(label) + g · (v(label) − v(no label)). 0 is off. Default: the
   * model's; 0 without a class.
   */
  readonly guidance?: number
  /**
   * w of the source that sampling starts from, 0..1, if the source is conditioned on the label or on noise. Models whose κ contains
   * the image start from N(0, I), which is w = 0. Default: the model's.
   */
  readonly mixtureWeight?: number
  /** Images per evaluation; does not change the images (but see `perImage`). Default: 64, or fewer if several batches can run at once. */
  readonly batchSize?: number
  readonly signal?: AbortSignal
  /** Called after each step of each batch; awaited. */
  readonly onStep?: (progress: SampleProgress) => void | Promise<void>
}

export interface SampleRequest extends SolveRequest {
  /** Number of images. Default: 1. */
  readonly count?: number
  /** Index of the first image: image i is the same in every request, so a large request can be split. Default: 0. */
  readonly firstImage?: number
  /** 0..2⁵³ − 1. Image i of a seed is the same whatever the count. Default: a random one, which the result returns. */
  readonly seed?: number
  /**
   * Start from this instead of the seed's noise: float32 `[count, C, H, W]`, for example from `invert`. Determines `count`.
   * `mixtureWeight` then is only an input of the denoiser, if it is conditioned on it.
   */
  readonly x0?: Float32Array
}

export interface ResolvedRequest {
  readonly count: number
  readonly firstImage: number
  readonly seed: number
  readonly solver: SolverName
  /** Undefined for adaptive solvers. */
  readonly steps: number | undefined
  readonly gridPower: number
  readonly tolerance: number
  readonly perImage: boolean
  /** One per image; the number of classes means "no label". Undefined if the model has no classes. */
  readonly labels: Int32Array | undefined
  readonly guidance: number
  readonly mixtureWeight: number
  readonly batchSize: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onStep: SolveRequest['onStep']
}

export const solveKeys = [
  'solver',
  'steps',
  'nfe',
  'gridPower',
  'tolerance',
  'perImage',
  'label',
  'guidance',
  'mixtureWeight',
  'batchSize',
  'signal',
  'onStep',
] as const satisfies readonly (keyof SolveRequest)[]

export const sampleKeys = [
  ...solveKeys,
  'count',
  'firstImage',
  'seed',
  'x0',
] as const satisfies readonly (keyof SampleRequest)[]

const code = 'REQUEST_INVALID'
const maxCount = 1_000_000
const maxSteps = 100_000

/** Larger batches cost memory and are no faster. */
export const defaultBatchSize = 64

/** Returns the request, checked and completed. @throws MixflowError REQUEST_INVALID naming the option, what was expected, and what to do */
export function resolveRequest(request: SampleRequest, model: SamplerModel): ResolvedRequest {
  checkKeys(request as unknown, sampleKeys, { what: 'the sample request', code })
  const { count = imagesOf(request.x0, model) } = request
  return completeRequest({ ...request, count }, model)
}

/**
 * Completes a request whose keys were checked.
 *
 * @param customSource the source does not follow from seed and label, so every mixture weight is allowed if the model has a source
 */
export function completeRequest(
  request: SampleRequest,
  model: SamplerModel,
  customSource = request.x0 !== undefined,
): ResolvedRequest {
  // 32 bits are short enough to write down
  const { count = 1, firstImage = 0, seed = Math.floor(Math.random() * 2 ** 32), x0 } = request
  const { batchSize, perImage = false, signal, onStep } = request
  checkInteger('count', count, 1, maxCount)
  checkInteger('firstImage', firstImage, 0, maxSeed - count)
  if (batchSize !== undefined) checkInteger('batchSize', batchSize, 1, maxCount)
  checkInteger('seed', seed, 0, maxSeed)
  checkBatch(Math.min(count, batchSize ?? defaultBatchSize), model.image)
  if (x0 !== undefined && count !== imagesOf(x0, model))
    throw invalid(`x0 holds ${imagesOf(x0, model)} images, not ${count}`)
  if (typeof perImage !== 'boolean') throw invalid(`perImage must be true or false, got ${show(perImage)}`)
  if (onStep !== undefined && typeof onStep !== 'function')
    throw invalid(`onStep must be a function, got ${show(onStep)}`)
  if (signal !== undefined && !isSignal(signal)) throw invalid(`signal must be an AbortSignal, got ${show(signal)}`)

  const label = resolveLabels(request, model, { count })
  const labels = labelsOfImages(label, model, { count, firstImage, seed })
  return {
    ...{ count, firstImage, seed, batchSize, perImage, labels, signal, onStep },
    ...resolveSolver(request, model),
    guidance: resolveGuidance({ ...request, label }, model),
    mixtureWeight: resolveMixtureWeight({ ...request, label }, model, customSource),
  }
}

/** Number of images in x0; 1 without it. */
function imagesOf(x0: unknown, { image }: SamplerModel): number {
  if (x0 === undefined) return 1
  const size = elementsOf(image)
  if (x0 instanceof Float32Array && x0.length > 0 && x0.length % size === 0) return x0.length / size
  throw invalid(`x0 must be a Float32Array of whole images of ${size} numbers, got ${show(x0)}`)
}

function resolveSolver(request: SampleRequest, { sampler }: SamplerModel) {
  const { steps, nfe, gridPower, tolerance = 1e-5, perImage } = request
  const solver = checkWord(request.solver === undefined ? sampler.solver : request.solver, solverNames, {
    what: 'solver',
    code,
  })
  if (steps !== undefined && nfe !== undefined) {
    throw invalid(`steps (${show(steps)}) and nfe (${show(nfe)}) exclude each other`, 'pass only one of them')
  }
  if (isAdaptive(solver)) {
    if (steps !== undefined || nfe !== undefined) {
      throw invalid(
        `${solver} chooses its steps itself`,
        'leave steps and nfe out, or use a fixed-step solver such as "heun"',
      )
    }
    if (gridPower !== undefined)
      throw invalid(`gridPower is for fixed-step solvers, not ${solver}`, 'leave gridPower out')
    checkNumber('tolerance', tolerance, 1e-12, 0.1)
    return { solver, steps: undefined, gridPower: 1, tolerance }
  }
  for (const [name, value] of Object.entries({ tolerance: request.tolerance, perImage: perImage || undefined })) {
    if (value !== undefined) throw invalid(`${name} is for adaptive solvers, not ${solver}`, 'use solver: "dopri5"')
  }
  const power = gridPower ?? sampler.gridPower ?? 1
  checkNumber('gridPower', power, 0.1, 10)
  return { solver, steps: resolveSteps(solver, request, sampler), gridPower: power, tolerance }
}

function resolveSteps(
  solver: FixedSolverName,
  { steps, nfe }: SampleRequest,
  sampler: SamplerModel['sampler'],
): number {
  if (steps !== undefined) return checkInteger('steps', steps, 1, maxSteps)
  if (nfe !== undefined) return stepsForNfe(solver, checkInteger('nfe', nfe, 1, maxSteps))
  if (solver === sampler.solver) return sampler.steps ?? stepsForNfe(solver, sampler.nfe!)
  return nearestSteps(solver, sampler)
}

function stepsForNfe(solver: FixedSolverName, nfe: number): number {
  try {
    return stepsOf(solver, nfe)
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    throw new MixflowError(code, error.message, {
      ...(error.hint && { hint: error.hint.split('\n') }),
      details: error.details,
    })
  }
}

/** NFE of a fixed-step solver for a model whose default solver is adaptive. */
const defaultNfe = 9

/** The most steps of another solver than the model's that stay within the model's NFE. */
function nearestSteps(solver: FixedSolverName, sampler: SamplerModel['sampler']): number {
  const own = fixedSolvers[sampler.solver as FixedSolverName]
  const counted = own === undefined || sampler.steps === undefined ? defaultNfe : nfeOf(own, sampler.steps)
  const budget = sampler.nfe ?? counted
  let steps = 1
  while (steps < maxSteps && nfeOf(solver, steps + 1) <= budget) steps++
  return steps
}

type ResolvedLabel = number | readonly number[] | null | undefined
type WithLabel = Omit<SampleRequest, 'label'> & { readonly label: ResolvedLabel }

/** The label as indices: null for no class, undefined if left open. */
function resolveLabels(
  { label }: SampleRequest,
  { labels }: SamplerModel,
  { count }: Pick<ResolvedRequest, 'count'>,
): ResolvedLabel {
  if (label === undefined) return undefined
  if (Array.isArray(label)) {
    if (label.length !== count) throw invalid(`label has ${label.length} entries for ${count} images`)
    return label.map(each => resolveLabel(each, labels) ?? refuseNone(each))
  }
  const index = resolveLabel(label as ClassLabel | null, labels)
  if (index !== null || !labels?.required) return index
  throw invalid(
    `label is required: the model was trained without label dropout, got label: ${show(label)}`,
    'pass a class',
  )
}

function refuseNone(label: unknown): never {
  throw invalid(
    `each entry of label must be a class, got ${show(label)}`,
    'pass label: null for no class in all images',
  )
}

/** One index per image. */
function labelsOfImages(
  label: ResolvedLabel,
  { labels }: SamplerModel,
  { count, firstImage, seed }: Pick<ResolvedRequest, 'count' | 'firstImage' | 'seed'>,
): Int32Array | undefined {
  if (labels === null) return undefined
  if (label === undefined)
    return Int32Array.from(integers({ seed, stream: 'label', firstImage, images: count, below: labels.count }))
  return Array.isArray(label)
    ? Int32Array.from(label)
    : new Int32Array(count).fill((label as number | null) ?? labels.count)
}

function resolveGuidance({ guidance, label }: WithLabel, { labels, sampler }: SamplerModel): number {
  if (guidance === undefined) return labels === null || label === null ? 0 : sampler.guidance
  checkNumber('guidance', guidance, 0, 1000)
  if (guidance > 0 && labels === null)
    throw invalid('guidance needs classes, and this model has none', 'leave guidance out')
  if (guidance > 0 && label === null)
    throw invalid('guidance needs a class, but label is null', 'pass a label, or guidance: 0')
  if (guidance > 0 && labels?.required) {
    throw invalid(
      'guidance needs a model that was trained with label dropout',
      'leave guidance out, or train with labelDropout',
    )
  }
  return guidance
}

function resolveMixtureWeight(
  { mixtureWeight, label }: WithLabel,
  { source, sampler }: SamplerModel,
  customSource: boolean,
): number {
  // without a class, κ = label has no signal
  const drawn = samplesFromEncoder(source) && !(source?.kappa === 'label' && label === null)
  const conditioned = customSource ? source !== null : drawn
  if (mixtureWeight === undefined) return conditioned ? sampler.mixtureWeight : 0
  checkNumber('mixtureWeight', mixtureWeight, 0, 1)
  if (mixtureWeight > 0 && !conditioned) {
    throw invalid(
      `${label === null ? 'without a class, sampling' : 'this model'} starts from N(0, I): mixtureWeight must be 0, got ${mixtureWeight}`,
      'leave mixtureWeight out',
    )
  }
  return mixtureWeight
}

/** A batch is one array, and some engines limit arrays to 2³¹ bytes. */
function checkBatch(images: number, shape: ImageShape): void {
  const { channels, height, width } = shape
  const bytes = 4 * images * elementsOf(shape)
  if (bytes < 2 ** 31) return
  throw invalid(
    `a batch of ${images} images of ${channels} × ${height} × ${width} is too large`,
    'use a smaller batchSize or count',
  )
}

function checkInteger(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} must be an integer in ${least}..${most}, got ${show(value)}`)
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && value >= least && value <= most) return
  throw invalid(`${name} must be a number in ${least}..${most}, got ${show(value)}`)
}

const isSignal = (value: object | null): boolean => typeof value === 'object' && value !== null && 'aborted' in value

export function invalid(message: string, hint?: string): MixflowError {
  return new MixflowError(code, message, hint === undefined ? {} : { hint })
}
