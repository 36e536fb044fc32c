import { expect, it } from 'vitest'
import { presets } from './index.ts'

const names = ['cifar10', 'ffhq-64', 'afhqv2-64'] as const

// the paper's settings never change: a difference here is a mistake in the preset
it.each(names)('the configuration of %s is that of the release', async name => {
  await expect(JSON.stringify(presets[name].config, null, 2)).toMatchFileSnapshot(`fixtures/${name}.json`)
})
