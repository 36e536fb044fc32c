import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { distance, reference } from '../../fixtures/reference.ts'
import { float32Algebra } from '../algebra.ts'
import { standardNormal } from '../source/gaussian.ts'
import { type Encoder, type Kappa, kappaFc } from '../source/kappa-fc.ts'
import { type Mixing, mixture } from '../source/mixture.ts'
import { couplingCosts, reorder } from './coupling.ts'
import { type Draws, drawBatch, stretchTime } from './draws.ts'
import { type Denoiser, objective } from './objective.ts'

interface LossCase {
  readonly name: string
  readonly input_mode: 'sample_only' | 'noise_only' | 'sample_and_noise' | null
  readonly gaussian: boolean | null
  readonly gaussian_mode: 'mean' | 'mean_var' | null
  readonly use_encoder: boolean
  readonly mix_w: boolean
  readonly interpolate_distributions: boolean | null
  readonly beta: number | null
  readonly tanh: boolean
  readonly options: { readonly t_eps?: number; readonly block_diffusion_gradient_to_noise_predictor?: boolean }
  readonly encoder_weights: readonly [string, string] | null
  readonly w: readonly number[] | null
  readonly scalars?: { readonly flow_loss: number; readonly kl: number | null; readonly total: number }
}

interface LossReference {
  readonly cases: readonly LossCase[]
  readonly minibatch_ot: { readonly perm: number[]; readonly optimal_cost: number; readonly identity_cost: number }
}

const channels = 3
const pixels = 16
const images = 4
const algebra = float32Algebra({ elementsPerImage: channels * pixels })
const kappas = { sample_only: 'image', noise_only: 'noise', sample_and_noise: 'image+noise' } as const satisfies Record<
  string,
  Kappa
>

/** A 1×1 convolution: out[o] = Σ weights[o, c] · x[c] + bias(image, o), pixel by pixel. */
function pointwise(
  x: Float32Array,
  weights: Float32Array,
  bias: { length: number; at(image: number, o: number): number },
) {
  const inputs = weights.length / bias.length
  const out = new Float32Array(images * bias.length * pixels)
  for (let i = 0; i < out.length; i++) {
    const pixel = i % pixels
    const o = Math.floor(i / pixels) % bias.length
    const image = Math.floor(i / (pixels * bias.length))
    let sum = bias.at(image, o)
    for (let c = 0; c < inputs; c++) sum += weights[o * inputs + c]! * x[(image * inputs + c) * pixels + pixel]!
    out[i] = sum
  }
  return out
}

const numbers = reference<LossReference>('loss')

describe.skipIf(numbers === undefined)('objective against the reference implementation', () => {
  if (numbers === undefined) return
  const { json, float32, has } = numbers
  const denoiser: Denoiser<Float32Array> = (xt, t) => {
    const [byTime, bias] = [float32('toy.d_t'), float32('toy.d_b')]
    return pointwise(xt, float32('toy.D'), { length: channels, at: (image, o) => t[image]! * byTime[o]! + bias[o]! })
  }
  const encoderOf = ([weights, bias]: readonly [string, string]): Encoder<Float32Array> => {
    const b = float32(`toy.${bias}`)
    return kappa => pointwise(kappa, float32(`toy.${weights}`), { length: b.length, at: (_, o) => b[o]! })
  }
  const draws: Draws<Float32Array> = {
    t: float32('draw.t'),
    mixtureWeight: float32('draw.w'),
    noise: float32('draw.eps_source'),
    encoderNoise: float32('draw.eps_encoder'),
    kappaNoise: float32('draw.kappa_noise'),
  }

  const sourceOf = (
    c: Pick<LossCase, 'input_mode' | 'gaussian' | 'gaussian_mode' | 'tanh' | 'mix_w' | 'encoder_weights'>,
    mixing: Mixing,
  ) => {
    if (c.encoder_weights === null || c.input_mode === null) return standardNormal<Float32Array>()
    const fc = kappaFc(encoderOf(c.encoder_weights), {
      kappa: kappas[c.input_mode],
      gaussian: c.gaussian ? (c.gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off',
      tanh: c.tanh,
    })
    return c.mix_w ? mixture(fc, standardNormal<Float32Array>(), { mixing }) : fc
  }

  const training = json.cases.filter(c => c.scalars !== undefined)
  const sampling = json.cases.filter(c => c.scalars === undefined)

  it('has all 25 cases', () => expect([training.length, sampling.length]).toEqual([22, 3]))

  it.each(training.map(c => [c.name, c] as const))('%s', (name, c) => {
    const { loss } = objective({
      source: sourceOf(c, c.interpolate_distributions ? 'distribution' : 'sample'),
      klWeight: c.beta ?? 0,
      detachEncoder: c.options.block_diffusion_gradient_to_noise_predictor ?? false,
    })
    const found = loss(algebra, {
      denoiser,
      x1: float32('draw.x1'),
      draws: {
        ...draws,
        t: stretchTime(draws.t, c.options.t_eps ?? 0),
        mixtureWeight: c.w ? Float32Array.from(c.w) : undefined,
      },
    })
    const close = (tensor: string, value: Float32Array | undefined) => {
      if (has(`${name}.${tensor}`)) expect(distance(value!, float32(`${name}.${tensor}`)), tensor).toBeLessThan(2e-5)
    }
    const { parts } = found
    close('x0', parts.x0)
    close('x_t', parts.xt)
    close('velocity_target', parts.velocity)
    close('velocity_pred', parts.predicted)
    close('mean', parts.gaussian?.mean)
    close('log_var', parts.gaussian?.logVariance ?? new Float32Array(parts.x0.length))
    const { flow_loss, kl, total } = c.scalars!
    expect(Math.abs(found.flowLoss[0]! / flow_loss - 1)).toBeLessThan(1e-6)
    expect(Math.abs(found.loss[0]! / total - 1)).toBeLessThan(1e-6)
    if (kl === null) expect(found.kl).toBeUndefined()
    else expect(Math.abs(found.kl![0]! / kl - 1)).toBeLessThan(1e-6)
  })

  it.each(sampling.map(c => c.name))('%s', name => {
    const [, mode, moments, mixing] = name.split('.') as [
      string,
      keyof typeof kappas,
      'mean' | 'mean_var',
      'dist' | 'sample',
    ]
    const source = sourceOf(
      {
        input_mode: mode,
        gaussian: true,
        gaussian_mode: moments,
        tanh: false,
        mix_w: true,
        encoder_weights: moments === 'mean' ? ['A3_3', 'b3'] : ['A3_6', 'b6'],
      },
      mixing === 'dist' ? 'distribution' : 'sample',
    )
    const { x0 } = source.atSampling.sample(algebra, { draws })
    expect(distance(x0, float32(`${name}.x0`))).toBeLessThan(2e-5)
  })

  it('minibatch optimal transport: the costs, and the given coupling reaches the least one', () => {
    const [x0, x1] = [float32('ot.x0'), float32('ot.x1')]
    const { perm, optimal_cost, identity_cost } = json.minibatch_ot
    const costs = couplingCosts(x0, x1, 16)
    expect(distance(costs, numbers.float64('ot.cost'))).toBeLessThan(1e-9)
    const paired = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)
    expect(paired(x0, x1)).toBeCloseTo(identity_cost, 9)
    expect(paired(x0, reorder(x1, perm))).toBeCloseTo(optimal_cost, 9)
  })
})

describe('objective', () => {
  const x1 = new Float32Array(images * channels * pixels).map((_, i) => Math.sin(i))
  const encoder: Encoder<Float32Array> = kappa => algebra.join(algebra.scale(kappa, 0.5), algebra.scale(kappa, 0.1))
  const range = { seed: 4, firstImage: 128, images, elementsPerImage: channels * pixels }
  const perfect: Denoiser<Float32Array> = (xt, t) => {
    // Where the source is a point, velocity = (x1 − xt) / (1 − t).
    const gap = algebra.sub(x1, xt)
    return algebra.mul(
      gap,
      t.map(value => 1 / (1 - value)),
    )
  }

  it('is 0 for a denoiser that knows the answer', () => {
    const { draw, loss } = objective({ source: standardNormal<Float32Array>() })
    const { flowLoss } = loss(algebra, { denoiser: perfect, x1, draws: draw(range) })
    expect(flowLoss[0]).toBeLessThan(1e-9)
  })

  it('draws exactly what its source needs', () => {
    const names = (o: { draw(r: typeof range): object }) => Object.keys(o.draw(range)).sort()
    expect(names(objective({ source: standardNormal<Float32Array>() }))).toEqual(['noise', 't'])
    expect(names(objective({ source: kappaFc(encoder) }))).toEqual(['encoderNoise', 't'])
    const mixed = objective({
      source: mixture(kappaFc(encoder, { kappa: 'image+noise' }), standardNormal(), { mixing: 'sample' }),
    })
    expect(names(mixed)).toEqual(['encoderNoise', 'kappaNoise', 'mixtureWeight', 'noise', 't'])
    const { t, mixtureWeight, noise } = mixed.draw(range)
    expect([t.length, mixtureWeight!.length, noise!.length]).toEqual([4, 4, 4 * 48])
  })

  it('draws the same for image i in any batch', () => {
    const { draw } = objective({ source: mixture(kappaFc(encoder), standardNormal()) })
    const [all, last] = [draw(range), draw({ ...range, firstImage: 131, images: 1 })]
    expect(last.t[0]).toBe(all.t[3])
    expect(last.mixtureWeight![0]).toBe(all.mixtureWeight![3])
    expect(last.noise).toEqual(all.noise!.subarray(3 * 48))
  })

  it('draws w by its rule', () => {
    const weights = (weight: Parameters<typeof drawBatch>[1]['weight']) =>
      drawBatch({ seed: 1, images: 6000 }, { needs: ['mixtureWeight'], weight, minTime: 0 }).mixtureWeight!
    const levels = new Set(weights({ levels: 4 }))
    expect([...levels].sort()).toEqual([0, 0.25, 0.5, 0.75, 1])
    for (const w of levels) {
      const share = weights({ levels: 4 }).filter(value => value === w).length / 6000
      expect(Math.abs(share - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / 6000))
    }
    const uniform = weights('uniform')
    expect(Math.abs(uniform.reduce((a, b) => a + b) / 6000 - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 6000))
    expect(new Set(weights(0.25))).toEqual(new Set([0.25]))
  })

  it('minTime keeps t away from 0', () => {
    const { draw } = objective({ source: standardNormal<Float32Array>(), minTime: 0.5 })
    const { t } = draw({ seed: 1, images: 1000, elementsPerImage: 1 })
    expect(Math.min(...t)).toBeGreaterThanOrEqual(0.5)
    expect(Math.max(...t)).toBeLessThan(1)
    expect(Math.min(...t)).toBeLessThan(0.51)
  })

  it('passes the label to the denoiser, and w if configured', () => {
    const label = Float32Array.of(1, 2, 3, 4)
    const source = mixture(kappaFc(encoder), standardNormal<Float32Array>())
    const conditions: unknown[] = []
    const denoiser: Denoiser<Float32Array> = (xt, _, condition) => {
      conditions.push(condition)
      return xt
    }
    for (const conditionOnWeight of [false, true]) {
      const { draw, loss } = objective({ source, conditionOnWeight })
      const draws = draw(range)
      loss(algebra, { denoiser, x1, label, draws })
      expect(conditions.pop()).toEqual({ label, mixtureWeight: conditionOnWeight ? draws.mixtureWeight : undefined })
    }
    const fixed = objective({
      source: mixture(kappaFc(encoder), standardNormal(), { weight: 0.75 }),
      conditionOnWeight: true,
    })
    fixed.loss(algebra, { denoiser, x1, draws: fixed.draw(range) })
    expect(conditions.pop()).toEqual({ label: undefined, mixtureWeight: new Float32Array(4).fill(0.75) })
  })

  it('stops the gradient at x0 when detached, and only then', () => {
    const stopped: Float32Array[] = []
    const stopGradient = (x: Float32Array) => {
      stopped.push(x)
      return x
    }
    const watching = { ...algebra, stopGradient }
    for (const detachEncoder of [false, true]) {
      const { draw, loss } = objective({ source: kappaFc(encoder), detachEncoder })
      const { parts } = loss(watching, { denoiser: perfect, x1, draws: draw(range) })
      expect(stopped).toEqual(detachEncoder ? [parts.x0] : [])
    }
  })

  it('refuses a wrong specification', () => {
    const source = standardNormal<Float32Array>()
    const wrong: Record<string, unknown>[] = [
      {},
      { source, klWeigth: 1 },
      { source, klWeight: -1 },
      { source, klWeight: Number.NaN },
      { source, minTime: 1 },
      { source, conditionOnWeight: true },
    ]
    for (const spec of wrong) {
      const run = () => objective(spec as never)
      expect(run).toThrow(MixflowError)
    }
  })
})
