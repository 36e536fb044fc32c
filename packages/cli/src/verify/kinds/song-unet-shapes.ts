/** The denoisers of the released models, too large to come along: names, order and shapes of their parameters. */

import { buildDenoiser, countParameters } from '@mixflow/zoo/networks'
import { z } from 'zod'
import { type Fixture, invalid, parsed } from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'
import { songUnetConfig, songUnetOf } from './networks.ts'

const shapes = z.record(z.string(), z.array(z.number().int()))

const schema = z.record(
  z.string(),
  z.strictObject({
    ...{ config: songUnetConfig, parameters: z.number().int() },
    state_dict: z.union([shapes, z.string().startsWith('same as ')]),
  }),
)

/** Such a file has no `group`: it is known by its form, a record of configurations. */
export function isSongUnetShapes(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
  const values: unknown[] = Object.values(json)
  return (
    values.length > 0 &&
    values.every(value => (value as { config?: { name?: unknown } } | null)?.config?.name === 'songunet')
  )
}

export async function checkSongUnetShapes(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  for (const [name, { config, parameters: total, state_dict }] of Object.entries(json)) {
    const expected = typeof state_dict === 'string' ? json[state_dict.slice('same as '.length)]?.state_dict : state_dict
    if (expected === undefined || typeof expected === 'string')
      throw invalid(fixture.file, `${name} is "${String(state_dict)}", which has no state_dict`)
    const { choice, context } = songUnetOf(config, fixture.file)
    const { parameters } = buildDenoiser(choice, context)
    const wanted = Object.entries(expected).filter(([key]) => !key.endsWith('.resample_filter'))
    const compare = (quantity: string, found: number, of: number) =>
      report.compare(name, quantity, { found, expected: of, tolerance: tolerances.exact })
    compare('number of parameters', countParameters(parameters), total)
    compare('number of tensors', parameters.length, wanted.length)
    compare('tensors out of place', wanted.filter(([key], i) => parameters[i]?.name !== key).length, 0)
    const own = new Map(parameters.map(({ name: key, shape }) => [key, shape]))
    const all = wanted.map(([key, shape]) => ({
      name: key,
      found: own.get(key) ?? [],
      expected: shape,
      tolerance: tolerances.exact,
    }))
    report.compareAll(name, 'shape of', all)
  }
}
