/**
 * The layout of EDM and StyleGAN: images in folders that are mere shards, and a `dataset.json` with a label for each:
 * `{"labels": [["00000/img00000000.png", 6], …]}`, or `{"labels": null}` where there are none.
 *
 * Source: NVIDIA's dataset_tool.py. Left out: labels that are vectors.
 */
import { MixflowError } from '@mixflow/core'
import { z } from 'zod'
import type { Remarks } from './class-folders.ts'
import { type ImagePath, type Layout, withClasses, withoutClasses } from './layout.ts'
import { parsedJson, type TextFile } from './text-file.ts'

const mostClasses = 65_536
const labelled = z.array(
  z.tuple([
    z.string(),
    z
      .int()
      .min(0)
      .max(mostClasses - 1),
  ]),
)

/** The layout that a `dataset.json` describes; null where the file is about something else. @throws MixflowError DATA_INVALID */
export function datasetJson(
  images: readonly ImagePath[],
  { name, folder, text }: TextFile,
  remarks: Remarks,
): Layout | null {
  const json = parsedJson(text, name)
  const labels = typeof json === 'object' && json !== null && 'labels' in json ? json.labels : undefined
  if (labels === null) return withoutClasses(`${name} without labels`, images)
  if (!Array.isArray(labels)) {
    remarks.notes.push(`${name} has no list of labels and is not read`)
    return null
  }
  const parsed = labelled.safeParse(labels)
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path[0]
    throw new MixflowError('DATA_INVALID', `${name}: label ${String(at)} is ${JSON.stringify(labels[at as number])}`, {
      hint: `a label must be ["<file>", <class from 0 to ${mostClasses - 1}>]; remove ${name} to read the images without it`,
    })
  }
  const byFile = new Map(parsed.data.map(([file, label]) => [`${folder}${file.replaceAll('\\', '/')}`, label]))
  const named = images.flatMap(({ file }) => {
    const label = byFile.get(file.name)
    if (label !== undefined) return [{ file, className: String(label) }]
    remarks.leftOut.add(`images without a label in ${name}`, file.name)
    return []
  })
  const present = new Set(images.map(({ file }) => file.name))
  const missing = [...byFile.keys()].filter(file => !present.has(file))
  if (missing.length > 0) remarks.leftOut.add(`in ${name}, but no image that is there`, ...missing)
  let classes = 0
  for (const label of byFile.values()) classes = Math.max(classes, label + 1)
  return withClasses(
    name,
    named,
    Array.from({ length: classes }, (_, i) => String(i)),
  )
}
