import { MixflowError } from '@mixflow/core'
import { presets } from '@mixflow/zoo'
import { describe, expect, it } from 'vitest'
import { buildDenoiser, buildEncoder } from './build.ts'
import { networkContext, unetOptions } from './fixtures/testing.ts'
import { countParameters } from './network.ts'

describe('presets', () => {
  const digits = { image: { channels: 1, height: 28, width: 28 }, classes: 10 }
  const colours = (classes: number) => ({ image: { channels: 3, height: 32, width: 32 }, classes })
  const facts = {
    quickstart: digits,
    mnist: digits,
    emoji: colours(9),
    'cifar10-small': colours(0),
    photos: colours(0),
    'cifar10-few-step': colours(0),
    'mnist-few-step': { ...digits, classes: 0 },
    'zoo/mnist': digits,
    'zoo/mnist-label-source': digits,
    'zoo/emoji': colours(9),
    'zoo/cifar10-small': colours(10),
    cifar10: colours(0),
    'ffhq-64': { image: { channels: 3, height: 64, width: 64 }, classes: 0 },
    'afhqv2-64': { image: { channels: 3, height: 64, width: 64 }, classes: 0 },
  } as const satisfies Record<keyof typeof presets, unknown>

  it('their networks have as many parameters as ever', () => {
    const counts = Object.entries(presets).map(([name, { config }]) => {
      const context = networkContext({ ...facts[name as keyof typeof presets], ...config.source })
      const denoiser = countParameters(buildDenoiser(config.denoiser, context).parameters)
      const encoder = countParameters(buildEncoder(config.encoder, context).parameters)
      return [name, { denoiser, encoder }]
    })
    expect(Object.fromEntries(counts)).toEqual({
      quickstart: { denoiser: 658_948, encoder: 31_032 },
      mnist: { denoiser: 658_948, encoder: 31_032 },
      emoji: { denoiser: 6_436_556, encoder: 540_920 },
      'cifar10-small': { denoiser: 3_755_212, encoder: 540_920 },
      photos: { denoiser: 6_450_636, encoder: 540_920 },
      'cifar10-few-step': { denoiser: 2_624_780, encoder: 223_416 },
      'mnist-few-step': { denoiser: 657_540, encoder: 31_032 },
      'zoo/mnist': { denoiser: 663_172, encoder: 31_032 },
      'zoo/mnist-label-source': { denoiser: 663_172, encoder: 38_872 },
      'zoo/emoji': { denoiser: 3_700_684, encoder: 223_416 },
      'zoo/cifar10-small': { denoiser: 3_700_940, encoder: 223_416 },
      cifar10: { denoiser: 55_732_739, encoder: 1_899_910 },
      'ffhq-64': { denoiser: 61_804_419, encoder: 1_899_910 },
      'afhqv2-64': { denoiser: 61_804_419, encoder: 1_899_910 },
    })
  })
})

describe.each([
  ['denoiser', buildDenoiser],
  ['encoder', buildEncoder],
] as const)('%s', (role, build) => {
  it('an unknown kind is refused, with the nearest', () => {
    const attempt = () => build({ kind: 'u-nett', options: unetOptions() }, networkContext())
    expect(attempt).toThrow(`unknown kind of ${role} "u-nett"`)
    try {
      attempt()
    } catch (error) {
      expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', details: { nearest: 'unet' } })
      expect(MixflowError.is(error) && error.hint).toContain('did you mean "unet"?')
    }
  })

  it('a name that every object has is no kind', () => {
    for (const kind of ['toString', '__proto__', 'constructor']) {
      expect(() => build({ kind, options: unetOptions() }, networkContext())).toThrow('unknown kind')
    }
  })

  it('bad options are refused when it is built, not when it runs', () => {
    expect(() => build({ kind: 'unet', options: unetOptions({ blocks: 0 }) }, networkContext())).toThrow(
      'option blocks',
    )
  })
})
