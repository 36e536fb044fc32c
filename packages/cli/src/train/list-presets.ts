/** `mixflow train --list`: the presets, with their data and what they make of it. */

import { describeData, formatCount } from '@mixflow/train'
import { type Preset, presets } from '@mixflow/zoo'
import { jsonText } from '../terminal/json-text.ts'
import { table } from '../terminal/table.ts'

export async function listPresets({ json }: { readonly json: boolean }): Promise<string> {
  const data = new Map((await describeData()).map(set => [set.name as string, set]))
  const rows = Object.entries(presets as Record<string, Preset>).map(([name, { title, config }]) => {
    const size = config.size ?? data.get(config.data)?.height ?? null
    return { name, title, data: config.data, size, totalImages: config.totalImages }
  })
  if (json) return jsonText(rows)
  return table(
    [
      ['preset', 'data', 'size', 'images seen', ''],
      ...rows.map(({ name, title, data, size, totalImages }) => [
        name,
        data === '' ? '--data' : data,
        size === null ? '' : `${size}×${size}`,
        formatCount(totalImages),
        title,
      ]),
    ],
    { right: [3] },
  ).join('\n')
}
