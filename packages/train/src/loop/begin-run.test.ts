import { presets } from '@mixflow/zoo'
import { expect, it } from 'vitest'
import { lengthChange } from './begin-run.ts'

const config = { ...presets.quickstart.config, totalImages: 3200, warmupImages: 160, decayFraction: 1 / 3 }

it('describes how a longer or shorter run changes the learning rate', () => {
  expect(lengthChange(config, { ...config, totalImages: 4800 }, 3200)).toBe(
    '4,800 images instead of 3,200: the learning rate changes from 4.00e-5 to 0.00200, and falls until the end',
  )
  expect(lengthChange(config, { ...config, totalImages: 9600 }, 3200)).toMatch(
    /to 0\.00200.* falls from 6,400 images on$/,
  )
  expect(lengthChange(config, { ...config, totalImages: 2000 }, 1900)).toMatch(/from 0\.00200 to 0\.000/)
})

it('is null if the learning rate does not change', () => {
  expect(lengthChange(config, config, 3200)).toBeNull()
  expect(lengthChange(config, { ...config, totalImages: 4800 }, 1000)).toBeNull()
  const constant = { ...config, decayFraction: 0 }
  expect(lengthChange(constant, { ...constant, totalImages: 4800 }, 3200)).toBeNull()
})
