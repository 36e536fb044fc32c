/**
 * A sampling request, checked and completed: what a caller may ask for, with the model's own settings for what is left
 * open. Everything is decided here, so that the loop (sample.ts) only computes and every SDK refuses the same mistakes
 * with the same words.
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
import { checkKeys, checkWord, show } from '../util/strict.ts'
import { type ClassLabel, resolveLabel } from './class-label.ts'
import type { SamplerModel } from './model-facts.ts'
import type { SampleProgress } from './result.ts'

/** How the equation is solved, and for which class: what every call takes. */
export interface SolveRequest {
  /** The model's own unless said. */
  readonly solver?: SolverName
  /** Steps of a fixed-step solver. Not together with `nfe`. */
  readonly steps?: number
  /**
   * Evaluations of the velocity per image, instead of `steps`. With guidance each is two calls of the network, and the
   * result's `nfe` counts both.
   */
  readonly nfe?: number
  /**
   * With a fixed-step solver, the times of the steps are (i / steps)^gridPower, 0.1..10; the model's own unless said. Above 1
   * the steps are shorter near the noise.
   */
  readonly gridPower?: number
  /** Error tolerance of an adaptive solver, relative and absolute; 1e-5 unless said. */
  readonly tolerance?: number
  /** With an adaptive solver: choose the steps for each image by itself, so that it depends on no other; slower. */
  readonly perImage?: boolean
  /**
   * Class of all images, or of each: an index or a name (`resolveLabel` has the rule); `null` for no class, where the model knows
   * that. Default: drawn from the seed, each class equally often.
   */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
  /**
   * Classifier-free guidance g: velocity = v(label) + g · (v(label) − v(no label)). 0 is off. The model's own unless said;
   * without a class there is none.
   */
  readonly guidance?: number
  /**
   * w of the source that sampling starts from, 0..1, where the source is conditioned on the label or on noise; the
   * model's own unless said. Models whose κ contains the image start from N(0, I), which is w = 0.
   */
  readonly mixtureWeight?: number
  /** Images of an evaluation; 64 unless said, or fewer, where several go on at once. Does not change the images (but see `perImage`). */
  readonly batchSize?: number
  readonly signal?: AbortSignal
  /** Called after each step of each batch; awaited. */
  readonly onStep?: (progress: SampleProgress) => void | Promise<void>
}

export interface SampleRequest extends SolveRequest {
  /** Number of images; 1 unless said. */
  readonly count?: number
  /** Index of the first image, 0 unless said: image i is the same in every request, so a large one can be made in parts. */
  readonly firstImage?: number
  /** 0..2⁵³ − 1. The same seed gives the same images, image i whatever the count. Drawn anew unless said; see the result. */
  readonly seed?: number
  /**
   * Starts from these instead of from the seed's noise, float32 `[count, C, H, W]`, for example what `invert` gave.
   * `count` follows from it. `mixtureWeight` is then only what the denoiser is told, where it is conditioned on it.
   */
  readonly x0?: Float32Array
}

export interface ResolvedRequest {
  readonly count: number
  readonly firstImage: number
  readonly seed: number
  readonly solver: SolverName
  /** Of a fixed-step solver. */
  readonly steps: number | undefined
  readonly gridPower: number
  readonly tolerance: number
  readonly perImage: boolean
  /** One per image; the number of classes means "no label". Absent where the model has no classes. */
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
export const usualBatchSize = 64

/** @throws MixflowError REQUEST_INVALID naming the option, what was expected, and what to do. */
export function resolveRequest(request: SampleRequest, model: SamplerModel): ResolvedRequest {
  checkKeys(request as unknown, sampleKeys, { what: 'the sample request', code })
  const { count = imagesOf(request.x0, model) } = request
  return completeRequest({ ...request, count }, model)
}

/**
 * A request whose keys were checked, as `resolveRequest` completes it.
 *
 * @param sourceIsGiven the source does not follow from seed and label: any mixture weight that the model knows has a meaning
 */
export function completeRequest(
  request: SampleRequest,
  model: SamplerModel,
  sourceIsGiven = request.x0 !== undefined,
): ResolvedRequest {
  // A seed of 32 bits is easy to write down.
  const { count = 1, firstImage = 0, seed = Math.floor(Math.random() * 2 ** 32), x0 } = request
  const { batchSize, perImage = false, signal, onStep } = request
  checkInteger('count', count, 1, maxCount)
  checkInteger('firstImage', firstImage, 0, maxSeed - count)
  if (batchSize !== undefined) checkInteger('batchSize', batchSize, 1, maxCount)
  checkInteger('seed', seed, 0, maxSeed)
  checkBatch(Math.min(count, batchSize ?? usualBatchSize), model.image)
  if (x0 !== undefined && count !== imagesOf(x0, model))
    throw invalid(`x0 holds ${imagesOf(x0, model)} images, not ${count}`)
  if (typeof perImage !== 'boolean') throw invalid(`perImage must be true or false, got ${show(perImage)}`)
  if (onStep !== undefined && typeof onStep !== 'function')
    throw invalid(`onStep must be a function, got ${show(onStep)}`)
  if (signal !== undefined && !isSignal(signal)) throw invalid(`signal must be an AbortSignal, got ${show(signal)}`)

  const label = resolveClasses(request, model, { count })
  const labels = labelsOfImages(label, model, { count, firstImage, seed })
  return {
    ...{ count, firstImage, seed, batchSize, perImage, labels, signal, onStep },
    ...resolveSolver(request, model),
    guidance: resolveGuidance({ ...request, label }, model),
    mixtureWeight: resolveMixtureWeight({ ...request, label }, model, sourceIsGiven),
  }
}

/** Whole images in x0; 1 where there is none. */
function imagesOf(x0: unknown, { image: { channels, height, width } }: SamplerModel): number {
  if (x0 === undefined) return 1
  const size = channels * height * width
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
    throw invalid(`steps (${show(steps)}) and nfe (${show(nfe)}) exclude each other`, 'give one of them')
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

/** Evaluations to spend where the model's own solver is adaptive and says no number. */
const defaultNfe = 9

/** For a solver that is not the model's own: as many steps as come within the model's number of evaluations. */
function nearestSteps(solver: FixedSolverName, sampler: SamplerModel['sampler']): number {
  const own = fixedSolvers[sampler.solver as FixedSolverName]
  const counted = own === undefined || sampler.steps === undefined ? defaultNfe : nfeOf(own, sampler.steps)
  const budget = sampler.nfe ?? counted
  let steps = 1
  while (steps < maxSteps && nfeOf(solver, steps + 1) <= budget) steps++
  return steps
}

type ResolvedLabel = number | readonly number[] | null | undefined
type WithClass = Omit<SampleRequest, 'label'> & { readonly label: ResolvedLabel }

/** The label in indices: null for no class, undefined where it is left open. */
function resolveClasses(
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
    `a label is required: this model was never shown an image without its label, got label: ${show(label)}`,
    'give a class',
  )
}

function refuseNone(label: unknown): never {
  throw invalid(
    `each entry of label must be a class, got ${show(label)}`,
    'give label: null for no class in all images',
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

function resolveGuidance({ guidance, label }: WithClass, { labels, sampler }: SamplerModel): number {
  if (guidance === undefined) return labels === null || label === null ? 0 : sampler.guidance
  checkNumber('guidance', guidance, 0, 1000)
  if (guidance > 0 && labels === null) throw invalid('this model has no classes to guide towards', 'leave guidance out')
  if (guidance > 0 && label === null)
    throw invalid('guidance needs a class, but label is null', 'give a label, or guidance: 0')
  if (guidance > 0 && labels?.required) {
    const why = 'guidance compares with no label, but this model was never shown an image without its label'
    throw invalid(why, 'leave guidance out, or train with labelDropout')
  }
  return guidance
}

function resolveMixtureWeight(
  { mixtureWeight, label }: WithClass,
  { source, sampler }: SamplerModel,
  isGiven: boolean,
): number {
  // without a class there is nothing for κ = label to be conditioned on
  const drawn = source?.kappa === 'noise' || (source?.kappa === 'label' && label !== null)
  const conditioned = isGiven ? source !== null : drawn
  if (mixtureWeight === undefined) return conditioned ? sampler.mixtureWeight : 0
  checkNumber('mixtureWeight', mixtureWeight, 0, 1)
  if (mixtureWeight > 0 && !conditioned) {
    throw invalid(
      `${label === null ? 'without a class it' : 'this model'} starts from N(0, I), which is mixtureWeight 0, got ${mixtureWeight}`,
      'leave mixtureWeight out',
    )
  }
  return mixtureWeight
}

/** A batch is one array, and some engines end arrays at 2³¹ bytes. */
function checkBatch(images: number, { channels, height, width }: SamplerModel['image']): void {
  const bytes = 4 * images * channels * height * width
  if (bytes < 2 ** 31) return
  throw invalid(
    `a batch of ${images} images of ${channels} × ${height} × ${width} is too large`,
    'make fewer images at once: a smaller batchSize, or count',
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
