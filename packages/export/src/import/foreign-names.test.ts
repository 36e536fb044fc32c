import { expect, test } from 'vitest'
import { namedForeign } from './foreign-names.ts'
import type { ForeignTensor } from './foreign-tensor.ts'

const tensor: ForeignTensor = { dtype: 'F32', shape: [], read: async () => new Uint8Array(4) }
const named = (...names: string[]) => {
  const { weights, ema } = namedForeign(new Map(names.map(name => [name, tensor])), 'x.ckpt')
  return { weights: weights && [...weights.keys()], ema: ema && [...ema.keys()] }
}

test('what torch.compile and the wrappers of parallel training add to names is taken off, wherever it stands', () => {
  expect(
    named(
      '_orig_mod.denoiser.a.weight',
      'denoiser._orig_mod.b.weight',
      'denoiser.c._orig_mod.weight',
      'module.denoiser.d',
      'denoiser.module.e',
      '_forward_module.module._orig_mod.denoiser._fsdp_wrapped_module.f',
      'noise_predictor.network._orig_mod.g',
      'noise_predictor._orig_mod.network.module.h',
    ).weights,
  ).toEqual([
    ...['a.weight', 'b.weight', 'c.weight', 'd', 'e', 'f'].map(name => `denoiser.${name}`),
    ...['encoder.g', 'encoder.h'],
  ])
  const average = [
    'ema.module.a',
    'ema.module._orig_mod.b',
    'module.ema._orig_mod.module.module.c',
    'ema.module.d.module.e',
  ]
  expect(named(...average, 'ema._orig_mod.n_averaged').ema).toEqual(
    ['a', 'b', 'c', 'd.e'].map(name => `denoiser.${name}`),
  )
})

test('two names of one tensor are refused with both', () => {
  expect(() => named('denoiser.a', 'denoiser._orig_mod.a')).toThrow('["denoiser.a","denoiser._orig_mod.a"]')
})
