import { presets } from '@mixflow/zoo'
import { buildDenoiser, buildEncoder, networkContext } from '@mixflow/zoo/networks'
import { describe, expect, it } from 'vitest'
import { fitToImages, givenBy, scaleToLength } from './fit-config.ts'
import { checkConfig } from './resolve-config.ts'

const { config } = presets.emoji
const nothing = givenBy([])

describe('the length of a run', () => {
  it('scales what hangs on it, down only', () => {
    const made = config.totalImages
    expect(scaleToLength({ ...config, totalImages: 3000 }, made, nothing)).toEqual({
      ...config,
      totalImages: 3000,
      warmupImages: 192,
      emaHalfLifeImages: 60,
      sampleEveryImages: 150,
      checkpointEveryImages: 150,
    })
    for (const totalImages of [made, 3 * made]) {
      expect(scaleToLength({ ...config, totalImages }, made, nothing)).toEqual({ ...config, totalImages })
    }
    expect(checkConfig(scaleToLength({ ...config, totalImages: 1 }, made, nothing)).warmupImages).toBe(1)
  })

  it('leaves what was given, and refuses what leaves nothing of the run', () => {
    const short = { ...config, totalImages: 3000, warmupImages: 500 }
    expect(scaleToLength(short, config.totalImages, givenBy(['warmupImages=500'])).warmupImages).toBe(500)
    const late = { ...short, warmupImages: 64_000 }
    expect(() => scaleToLength(late, config.totalImages, givenBy(['warmupImages=64000']))).toThrow(
      /warmupImages is 64000, but the run has totalImages 3000/,
    )
    const slow = { ...short, emaHalfLifeImages: 20_000 }
    expect(() => scaleToLength(slow, config.totalImages, givenBy(['emaHalfLifeImages=20000']))).toThrow(/averaged/)
  })
})

describe('networks and batch', () => {
  it.each([
    [64, 64, 4, 3],
    [32, 32, 2, 3],
    [28, 28, 2, 2],
    [128, 128, 8, 3],
    [50, 50, 2, 1],
    [37, 37, 1, 1],
    [8, 8, 1, 3],
    [96, 64, 8, 3],
  ])('fit images of %i×%i: patches of %i, %i levels', (height, width, patchSize, levels) => {
    const image = { channels: 3, height, width }
    const fitted = checkConfig({ ...fitToImages(config, { image, count: 300 }, nothing), data: 'x' })
    expect(fitted.denoiser.options).toMatchObject({ patchSize, channels: [64, 96, 128].slice(0, levels) })
    const context = networkContext({ image, labels: null, source: null })
    expect(buildDenoiser(fitted.denoiser, context).parameters.length).toBeGreaterThan(0)
    expect(
      buildEncoder(fitted.encoder as NonNullable<typeof fitted.encoder>, context).parameters.length,
    ).toBeGreaterThan(0)
  })

  it('are larger for many images, and stay as they were given', () => {
    const image = { channels: 3, height: 64, width: 64 }
    expect(fitToImages(config, { image, count: 300 }, nothing).batchSize).toBe(16)
    expect(fitToImages(config, { image, count: 50_000 }, nothing)).toMatchObject({
      batchSize: 64,
      denoiser: { options: { blocks: 2 } },
    })
    const given = givenBy(['denoiser.options.blocks=3', 'batchSize=7', 'encoder.options.blocks=2'])
    expect(fitToImages(config, { image, count: 300 }, given)).toEqual(config)
  })
})
