/**
 * The layout of Hugging Face's `imagefolder`: beside the images a `metadata.csv` or `metadata.jsonl`, with a row for each
 * image, found by its `file_name`. The column `label` makes the classes. Other columns (captions, boxes) are not read.
 *
 * Source: https://huggingface.co/docs/datasets/image_dataset#imagefolder
 */
import type { DataFile, LeftOutFiles } from '../file-list.ts'
import type { Remarks } from './class-folders.ts'
import { csvRows } from './csv.ts'
import { className, type ImagePath, type Layout, withClasses } from './layout.ts'
import { othersReason } from './sort-files.ts'
import { invalid, parsedJson, readText, type TextFile } from './text-file.ts'

type Row = Readonly<Record<string, unknown>>

const isMetadata = (name: string) => /(^|\/)metadata\.(csv|jsonl)$/.test(name)

/** Labels by image, as the metadata files say; null where there are none, or none has a column `label`. */
export async function metadataLabels(
  files: readonly DataFile[],
  { leftOut, notes }: Remarks,
): Promise<Map<string, string> | null> {
  const labels = new Map<string, string>()
  let isLabelled = false
  for (const file of files.filter(({ name }) => isMetadata(name))) {
    const metadata = await readText(file)
    const rows = rowsOf(metadata)
    const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
    if (!columns.includes('file_name')) {
      notes.push(`${file.name} has no column file_name and is not read`)
      continue
    }
    const others = columns.filter(column => column !== 'file_name' && column !== 'label')
    if (others.length > 0) notes.push(`${file.name}: not read: ${others.slice(0, 8).join(', ')}`)
    if (!columns.includes('label')) {
      notes.push(`${file.name} has no column label: it gives no classes`)
      continue
    }
    isLabelled = true
    leftOut.remove(othersReason, file.name)
    for (const [i, row] of rows.entries()) addLabel(labels, row, `row ${i + 1} of ${metadata.name}`, metadata)
  }
  return isLabelled ? labels : null
}

function addLabel(
  labels: Map<string, string>,
  { file_name, label }: Row,
  what: string,
  { folder, name }: TextFile,
): void {
  if (typeof file_name !== 'string' || file_name === '') throw invalid(name, `lacks a file_name (${what})`)
  if (label === null || label === undefined || label === '') return
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean') {
    throw invalid(name, `has a label that is neither text nor a number (${what})`)
  }
  labels.set(`${folder}${file_name.replace(/^\.\//, '').replaceAll('\\', '/')}`, className(String(label)))
}

function rowsOf({ name, text }: TextFile): Row[] {
  if (name.endsWith('.jsonl')) {
    return text.split('\n').flatMap((line, i) => {
      if (line.trim() === '') return []
      const row = parsedJson(line, `line ${i + 1} of ${name}`)
      if (typeof row !== 'object' || row === null || Array.isArray(row))
        throw invalid(name, `line ${i + 1} is no object`)
      return [row as Row]
    })
  }
  try {
    const [head = [], ...rows] = csvRows(text)
    return rows.map(row => Object.fromEntries(head.map((column, i) => [column.trim(), row[i]])))
  } catch (cause) {
    throw invalid(name, `is no CSV: ${(cause as Error).message}`)
  }
}

/** Images with the labels of their rows; those without are left out. */
export function metadataClasses(
  images: readonly ImagePath[],
  labels: ReadonlyMap<string, string>,
  { leftOut, all }: { readonly leftOut: LeftOutFiles; readonly all: readonly ImagePath[] },
): Layout {
  const present = new Set(all.map(({ file }) => file.name))
  const missing = [...labels.keys()].filter(name => !present.has(name))
  if (missing.length > 0) leftOut.add('in the metadata, but no image that is there', ...missing)
  const named = images.flatMap(({ file }) => {
    const label = labels.get(file.name)
    if (label !== undefined) return [{ file, className: label }]
    leftOut.add('images without a label in the metadata', file.name)
    return []
  })
  // Labels of all parts, so that each part counts classes alike.
  return withClasses('labels of the metadata', named, inOrder([...new Set(labels.values())]))
}

/** Numbers by value, words by their code units. */
const inOrder = (names: readonly string[]): string[] =>
  names.every(name => /^-?\d+$/.test(name)) ? names.toSorted((a, b) => Number(a) - Number(b)) : names.toSorted()
