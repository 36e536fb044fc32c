import { MixflowError } from '@mixflow/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkContext, unetOptions } from './fixtures/testing.ts'
import { checkUnetOptions, networkContext as contextOf } from './unet-options.ts'

const context = networkContext({ image: { channels: 3, height: 24, width: 40 } })

function refusal(options: unknown): MixflowError {
  try {
    checkUnetOptions(options, context)
  } catch (error) {
    if (MixflowError.is(error)) return error
    throw error
  }
  throw new Error('was accepted')
}

it('good options come back as they are', () => {
  const options = unetOptions({ patchSize: 2, channels: [4, 8, 12], blocks: 16, attention: [0, 2], headChannels: 4 })
  expect(checkUnetOptions(options, context)).toEqual(options)
  expect(checkUnetOptions({ ...options, output: 'image' }, context)).toEqual({ ...options, output: 'image' })
})

describe('refused, by name', () => {
  it.each([
    ['patchSize', 3, '1, 2, 4 or 8'],
    ['patchSize', '2', '1, 2, 4 or 8'],
    ['channels', [], '1 to 6 widths'],
    ['channels', 32, '1 to 6 widths'],
    ['channels', [8, 0], '1 to 6 widths'],
    ['channels', [8, 8.5], '1 to 6 widths'],
    ['channels', new Array(7).fill(8), '1 to 6 widths'],
    ['channels', [7, 16], 'even'],
    ['channels', [8, 8, 8, 16, 16], 'height 24 is not a multiple of 16'],
    ['blocks', 0, '1..16'],
    ['blocks', 17, '1..16'],
    ['blocks', 1.5, '1..16'],
    ['attention', 1, '0..1'],
    ['attention', [2], '0..1'],
    ['attention', [-1], '0..1'],
    ['attention', [0.5], '0..1'],
    ['headChannels', 0, 'positive'],
    ['output', 'noise', '"velocity" or "image"'],
    ['headChannels', 12, 'a divisor of 16, the width of level 1'],
  ])('%s = %j', (name, value, expected) => {
    const error = refusal({ ...unetOptions(), [name]: value })
    expect(error.code).toBe('ARGUMENT_INVALID')
    expect(error.details).toMatchObject({ name })
    expect(error.message).toContain(`unet option ${name} must be`)
    expect(error.message).toContain(expected)
  })

  it('an image that the patches do not fit', () => {
    expect(() => checkUnetOptions(unetOptions({ patchSize: 8 }), context)).toThrow('height 24 is not a multiple of 16')
    const narrow = networkContext({ image: { channels: 1, height: 16, width: 28 } })
    expect(() => checkUnetOptions(unetOptions({ patchSize: 8 }), narrow)).toThrow('width 28 is not a multiple of 16')
  })

  it('an unknown option, with the nearest', () => {
    const error = refusal({ ...unetOptions(), head_channels: 4 })
    expect(error.message).toContain('unknown option "head_channels" in unet options')
    expect(error.hint).toContain('did you mean "headChannels"?')
  })

  it.each(Object.keys(unetOptions()))('%s left out', key => {
    const { [key]: _, ...rest } = unetOptions() as unknown as Record<string, unknown>
    expect(refusal(rest).message).toContain(`no option "${key}"`)
  })

  it.each([null, undefined, 'unet', [], 3])('%j instead of options', options => {
    expect(refusal(options).message).toContain('unet options must be an object')
  })
})

it('whatever an option is, it is accepted or refused by a MixflowError', () => {
  const name = fc.constantFrom(...Object.keys(unetOptions()))
  fc.assert(
    fc.property(name, fc.anything({ withBigInt: true, withSparseArray: true }), (key, value) => {
      try {
        const checked = checkUnetOptions({ ...unetOptions(), [key]: value }, context)
        expect(checked).toEqual({ ...unetOptions(), [key]: value })
      } catch (error) {
        expect(MixflowError.is(error) && error.code).toBe('ARGUMENT_INVALID')
      }
    }),
    { seed: 4, numRuns: 2000 },
  )
})

describe('what follows from the facts about a model', () => {
  const image = { channels: 1, height: 28, width: 28 }

  it('without labels and source', () => {
    expect(contextOf({ image, labels: null, source: null })).toEqual(networkContext({ image }))
  })

  it('with both', () => {
    const source = {
      kappa: 'label',
      gaussian: 'mean',
      mixing: 'sample',
      tanh: false,
      conditionOnWeight: true,
      klWeight: 0,
    } as const
    expect(contextOf({ image, labels: { count: 10 }, source })).toEqual({
      image,
      classes: 10,
      kappa: 'label',
      gaussian: 'mean',
      conditionOnWeight: true,
    })
  })
})
