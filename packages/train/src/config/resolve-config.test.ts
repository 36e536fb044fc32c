import { MixflowError } from '@mixflow/core'
import { type PresetName, presets } from '@mixflow/zoo'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trainingModel } from '../step/training-model.ts'
import { changeConfig, checkConfig, resolveConfig, settingPaths, storedConfig } from './resolve-config.ts'

const { config } = presets.quickstart
const set = (...assignments: string[]) => resolveConfig({ preset: 'quickstart', set: assignments }).config

function refusal(attempt: () => unknown): MixflowError {
  try {
    attempt()
  } catch (error) {
    if (MixflowError.is(error)) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('presets', () => {
  const names = Object.keys(presets) as PresetName[]

  const named = names.filter(name => presets[name].config.data !== '')

  it.each(named)('%s is a valid configuration as it is', name => {
    const own = presets[name].config
    expect(checkConfig(own)).toEqual(own)
    expect(resolveConfig({ preset: name })).toEqual({ preset: name, config: own })
  })

  it.each(names.filter(name => !named.includes(name)))('%s is one once it knows the folder', preset => {
    expect(refusal(() => resolveConfig({ preset })).message).toContain('--data <name, folder or zip>')
    const resolved = resolveConfig({ preset, set: ['data=./photos'] }).config
    expect(resolved).toEqual({ ...presets[preset].config, data: './photos' })
  })

  it.each([
    ['quickstart', { channels: 1, height: 28, width: 28 }, 10],
    ['mnist', { channels: 1, height: 28, width: 28 }, 10],
    ['emoji', { channels: 3, height: 32, width: 32 }, 9],
    ['cifar10-small', { channels: 3, height: 32, width: 32 }, 10],
    ['photos', { channels: 3, height: 32, width: 32 }, 2],
    ['cifar10', { channels: 3, height: 32, width: 32 }, 10],
    ['ffhq-64', { channels: 3, height: 64, width: 64 }, 2],
    ['afhqv2-64', { channels: 3, height: 64, width: 64 }, 3],
  ] as const)('the networks of %s fit its images', (name, image, count) => {
    const model = trainingModel(presets[name].config, { image, labels: { count } })
    expect(model.labels === null).toBe(!presets[name].config.labels)
    expect(model.encoder).not.toBeNull()
  })

  it('settings change a copy, never the preset', () => {
    const before = structuredClone(presets.quickstart.config)
    set('source.klWeight=0.5', 'denoiser.options.channels=[8]', 'sampling.nfe=9')
    expect(presets.quickstart.config).toEqual(before)
  })

  it('an unknown one is refused, with the nearest', () => {
    const error = refusal(() => resolveConfig({ preset: 'minst' }))
    expect(error).toMatchObject({ code: 'CONFIG_UNKNOWN_PRESET', details: { nearest: 'mnist' } })
    expect(error.message).toContain('unknown preset "minst"')
    expect(error.hint).toContain('did you mean "mnist"?')
    expect(refusal(() => resolveConfig({ preset: 'constructor' })).code).toBe('CONFIG_UNKNOWN_PRESET')
  })
})

describe('--set', () => {
  it.each([
    ['batchSize=256', { batchSize: 256 }],
    ['learningRate=1e-4', { learningRate: 1e-4 }],
    ['flip=true', { flip: true }],
    ['limit=500', { limit: 500 }],
    ['clipNorm=null', { clipNorm: null }],
    ['optimizer=adamw', { optimizer: 'adamw' }],
    ['optimizer="adamw"', { optimizer: 'adamw' }],
    ['data=./a=b.zip', { data: './a=b.zip' }],
    ['data=my photos', { data: 'my photos' }],
    ['source.mixing=sample', { source: { ...config.source, mixing: 'sample' } }],
    ['source.weight=0.5', { source: { ...config.source, weight: 0.5 } }],
    ['source.weight={"levels":1000}', { source: { ...config.source, weight: { levels: 1000 } } }],
    [
      'sampling={"solver":"euler","nfe":4,"gridPower":1,"guidance":0}',
      { sampling: { solver: 'euler', nfe: 4, gridPower: 1, guidance: 0 } },
    ],
    [
      'denoiser.options.channels=[16, 32]',
      { denoiser: { ...config.denoiser, options: { ...config.denoiser.options, channels: [16, 32] } } },
    ],
  ])('%s', (assignment, changes) => {
    expect(set(assignment)).toEqual({ ...config, ...changes })
  })

  it('later ones take precedence and apply to earlier ones', () => {
    expect(set('batchSize=16', 'batchSize=32').batchSize).toBe(32)
    const weight = { levels: 7 }
    expect(set('source.weight={"levels":1}', 'source.weight.levels=7').source).toEqual({ ...config.source, weight })
  })

  it('each setting can be set to its current value', () => {
    for (const path of settingPaths()) {
      const value = path.split('.').reduce<unknown>((place, key) => (place as Record<string, unknown>)[key], config)
      expect(set(`${path}=${JSON.stringify(value)}`), path).toEqual(config)
    }
  })

  it('plain rectified flow has neither source nor encoder', () => {
    expect(set('source=null', 'encoder=null')).toEqual({ ...config, source: null, encoder: null })
  })

  it('changes any configuration in the same way', () => {
    const changed = changeConfig({ ...config, seed: 7 }, { set: ['totalImages=100'], preset: 'quickstart' })
    expect(changed).toEqual({ ...config, seed: 7, totalImages: 100 })
  })
})

describe('unknown settings', () => {
  it.each([
    ['batchsize=256', 'batchsize', 'batchSize'],
    ['learning_rate=1', 'learning_rate', 'learningRate'],
    ['source.klweight=1', 'source.klweight', 'source.klWeight'],
    ['sourcee.kappa=label', 'sourcee.kappa', 'source.kappa'],
    ['denoiser.option.blocks=2', 'denoiser.option.blocks', 'denoiser.options.blocks'],
  ])('%s: the nearest is offered', (assignment, key, nearest) => {
    const error = refusal(() => set(assignment))
    expect(error).toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', details: { key, nearest } })
    expect(error.message).toBe(`unknown setting "${key}" in --set ${assignment}`)
    expect(error.hint).toContain(`did you mean "${nearest}"?`)
    expect(error.hint).toContain('mixflow train quickstart --dry-run')
  })

  it.each([
    'zzz=1',
    'seed.low=1',
    'data.name=mnist',
    'denoiser.options.channels.0=8',
    'toString=1',
    'constructor.name=x',
    '__proto__.polluted=1',
    'source.__proto__.polluted=1',
    'source.=1',
    '.source=1',
  ])('%s', assignment => {
    expect(refusal(() => set(assignment)).code).toBe('CONFIG_UNKNOWN_KEY')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('a null setting has no settings below it', () => {
    expect(refusal(() => set('source=null', 'encoder=null', 'source.kappa=label')).code).toBe('CONFIG_UNKNOWN_KEY')
  })

  it('in a whole configuration, and inside a value', () => {
    const top = refusal(() => checkConfig({ ...config, batchSzie: 3 }))
    expect(top).toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', details: { key: 'batchSzie', nearest: 'batchSize' } })
    const inner = refusal(() => set('sampling={"solver":"euler","nfe":4,"gridPower":1,"guidanc":0}'))
    expect(inner.code).toMatch(/^CONFIG_/)
    expect(inner.message).toContain('sampling.guidanc')
  })

  it.each(['batchSize', '=5', ''])('%j is no assignment', assignment => {
    const error = refusal(() => set(assignment))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('is not of the form key=value')
  })
})

describe('bad values are refused by the name of their setting', () => {
  it.each([
    ['batchSize=0', 'batchSize', '0'],
    ['batchSize=12.5', 'batchSize', '12.5'],
    ['batchSize=many', 'batchSize', '"many"'],
    ['batchSize=', 'batchSize', '""'],
    ['batchSize=null', 'batchSize', 'null'],
    ['batchSize=[1]', 'batchSize', 'an array of 1'],
    ['seed=-1', 'seed', '-1'],
    ['seed=1e300', 'seed', '1e+300'],
    ['channels=2', 'channels', '2'],
    ['flip=yes', 'flip', '"yes"'],
    ['labelDropout=1.5', 'labelDropout', '1.5'],
    ['learningRate=0', 'learningRate', '0'],
    ['learningRate=NaN', 'learningRate', '"NaN"'],
    ['beta2=1', 'beta2', '1'],
    ['clipNorm=0', 'clipNorm', '0'],
    ['source.weight=1.1', 'source.weight', '1.1'],
    ['source.klWeight=-1', 'source.klWeight', '-1'],
    ['sampling.nfe=0', 'sampling.nfe', '0'],
    ['denoiser={"kind":3,"options":{}}', 'denoiser.kind', '3'],
    ['source=3', 'source', '3'],
  ])('%s', (assignment, key, shown) => {
    const error = refusal(() => set(assignment))
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { key } })
    expect(error.message).toContain(`setting "${key}" is ${shown}`)
  })

  it.each([
    ['source.mixing=samples', '"sample"'],
    ['optimizer=adam-w', '"adamw"'],
    ['sampling.solver=huen', '"heun"'],
    ['source.kappa=images', '"image"'],
  ])('%s: the nearest word is offered', (assignment, nearest) => {
    const error = refusal(() => set(assignment))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.hint).toContain(`did you mean ${nearest}?`)
  })

  it.each([
    ['batchSize=0', 'it may be a whole number from 1 to 65536'],
    ['size=0.5', 'it may be a whole number from 1 to 4096, or null'],
    ['labels=yes', 'it may be true or false'],
    ['learningRate=0', 'it may be a number above 0 to 10'],
    ['beta2=1', 'it may be a number from 0, below 1'],
    ['channels=2', 'it may be 1, 3, or null'],
    [
      'source.weight=unifrom',
      'did you mean "uniform"? it may be "uniform", a number from 0 to 1, or an object with levels',
    ],
    ['source.klWeight=-1', 'it may be a number from 0'],
    ['data=', 'it may be a string'],
    ['sampling={"solver":"euler"}', 'it may be a whole number from 1 to 100000'],
  ])('%s: %s', (assignment, hint) => {
    expect(refusal(() => set(assignment)).hint).toBe(hint)
  })

  it('any input results in a configuration or a MixflowError', () => {
    const path = fc.constantFrom(...settingPaths())
    const text = fc.oneof(fc.string(), fc.json(), fc.double().map(String), fc.constantFrom('null', 'true', '1', '{}'))
    fc.assert(
      fc.property(path, text, (key, value) => {
        try {
          expect(checkConfig(set(`${key}=${value}`))).toBeDefined()
        } catch (error) {
          expect(MixflowError.is(error) && error.code).toMatch(/^(CONFIG_|ARGUMENT_INVALID)/)
        }
      }),
      { seed: 8, numRuns: 1500 },
    )
  })

  it.each([null, undefined, 3, 'quickstart', []])('%j is no configuration', value => {
    expect(refusal(() => checkConfig(value)).code).toBe('CONFIG_INVALID')
  })

  it.each(Object.keys(config))('a configuration without %s', key => {
    const { [key]: _, ...rest } = config as unknown as Record<string, unknown>
    expect(refusal(() => checkConfig(rest)).message).toContain(`"${key}"`)
  })
})

describe('contradictions', () => {
  it.each([
    [['source=null'], 'source is null but encoder is set', '--set encoder=null'],
    [['encoder=null'], 'source is set but encoder is null', '--set source=null'],
    [['source.kappa=label', 'labels=false'], 'source.kappa is "label" but labels is false', '--set labels=true'],
    [
      ['source.gaussian=off'],
      'source: mixing "distribution" needs a Gaussian, but gaussian is "off"',
      '--set source.mixing=sample',
    ],
    [['coupling=optimal-transport'], 'source is set', '--method optimal-transport'],
    [['source.tanh=true'], 'source: mixing "distribution" does not support tanh', '--set source.mixing=sample'],
    [['labelDropout=0'], 'sampling.guidance is 1 but labelDropout is 0', '--set labelDropout=0.1'],
    [['sampling.nfe=4'], 'heun cannot take exactly 4 evaluations', 'use nfe 3 or 5'],
  ])('%j', (assignments, message, hint) => {
    const error = refusal(() => set(...assignments))
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })

  it.each([
    [['source.gaussian=off', 'source.mixing=sample']],
    [['source.tanh=true', 'source.mixing=sample']],
    [['source.kappa=label']],
    [['sampling.solver=euler', 'sampling.nfe=4']],
    [['sampling.solver=dopri5']],
  ])('%j agree', assignments => {
    expect(() => set(...assignments)).not.toThrow()
  })
})

describe('storedConfig', () => {
  const { config } = presets.mnist

  it('adds the settings that an older run lacks', () => {
    const { imagesAtOnce, coupling, ...older } = config
    const { gridPower, ...sampling } = config.sampling
    expect(storedConfig({ ...older, sampling })).toEqual({
      ...older,
      ...{ imagesAtOnce: null, coupling: 'independent' },
      sampling: { ...sampling, gridPower: 1 },
    })
  })

  it('keeps existing settings', () => {
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
