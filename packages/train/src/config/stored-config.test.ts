import { presets } from '@mixflow/zoo'
import { describe, expect, it } from 'vitest'
import { storedConfig } from './resolve-config.ts'

describe('storedConfig', () => {
  const { config } = presets.mnist

  it('gives what a run from before a setting did', () => {
    const { imagesAtOnce, coupling, ...older } = config
    const { gridPower, ...sampling } = config.sampling
    expect(storedConfig({ ...older, sampling })).toEqual({
      ...older,
      ...{ imagesAtOnce: null, coupling: 'independent' },
      sampling: { ...sampling, gridPower: 1 },
    })
  })

  it('leaves what is there', () => {
    const own = {
      ...config,
      ...{ source: null, encoder: null, coupling: 'optimal-transport', imagesAtOnce: 4 },
      sampling: { ...config.sampling, gridPower: 1.3 },
    }
    expect(storedConfig(own)).toEqual(own)
  })

  it.each([[null], ['mnist'], [[]], [{ ...config, seed: undefined }], [{ ...config, sampling: 3 }]])(
    'refuses %j, which no version wrote',
    value => {
      expect(() => storedConfig(value)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )
})
