import { describe, expect, it } from 'vitest'
import { methodNames, withMethod } from './methods.ts'
import { presets } from './presets/index.ts'

const { config } = presets.quickstart

describe('withMethod', () => {
  it('changes only how noise and images meet: network, data, steps and seed stay', () => {
    for (const method of methodNames) {
      const { source, encoder, coupling, ...rest } = withMethod(config, method)
      const { source: ownSource, encoder: ownEncoder, coupling: ownCoupling, ...ownRest } = config
      expect(rest, method).toEqual(ownRest)
      expect(source === null, method).toBe(encoder === null)
    }
  })

  it('gives the four methods', () => {
    expect(withMethod(config, 'mixflow')).toEqual(config)
    expect(withMethod(config, 'fast-ode')).toMatchObject({ source: { ...config.source, weight: 1 } })
    expect(withMethod(config, 'rectified-flow')).toMatchObject({ source: null, coupling: 'independent' })
    expect(withMethod(config, 'optimal-transport')).toMatchObject({ source: null, coupling: 'optimal-transport' })
  })

  it('leaves a plain rectified flow as it is', () => {
    const plain = withMethod(config, 'rectified-flow')
    expect(withMethod(plain, 'fast-ode')).toEqual(plain)
  })
})
