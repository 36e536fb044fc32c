/**
 * The three sources of classes: folders, a `dataset.json`, and metadata files.
 *
 * Folders, as in torchvision's `ImageFolder`: the folders of the first level are classes if they hold most images and there are at
 * least two of them; images beside them are then left out.
 *
 * `dataset.json`, as in EDM and StyleGAN (NVIDIA's dataset_tool.py): `{"labels": [["00000/img00000000.png", 6], …]}`, or
 * `{"labels": null}`; folders are only shards. Label vectors are not supported.
 *
 * `metadata.csv` or `metadata.jsonl`, as in Hugging Face's `imagefolder`
 * (https://huggingface.co/docs/datasets/image_dataset#imagefolder): a row for each image with `file_name` and `label`. Other
 * columns are not read.
 */

import { MixflowError } from '@mixflow/core'
import { z } from 'zod'
import type { DataFile, LeftOutFiles } from '../list-files.ts'
import {
  className,
  firstFolder,
  type ImagePath,
  type Layout,
  othersReason,
  withClasses,
  withoutClasses,
} from './layout.ts'
import type { SelectedPart } from './select-part.ts'

export interface Remarks {
  readonly leftOut: LeftOutFiles
  /** Remarks for the user, one sentence each. */
  readonly notes: string[]
}

/** The classes are those of the training part. Images of the requested part without such a class are left out. */
export function classFolders({ images, trainImages }: SelectedPart, { leftOut, notes }: Remarks): Layout {
  const folders = new Set(trainImages.flatMap(({ path }) => firstFolder(path) ?? []))
  const strays = trainImages.filter(({ path }) => firstFolder(path) === null).length
  if (folders.size === 0) return withoutClasses('no classes', images)
  if (strays > 0 && (folders.size < 2 || strays >= trainImages.length / 2)) {
    notes.push(
      `no classes: ${strays} images are outside of ${listed([...folders])}, which have ${trainImages.length - strays}; ` +
        'for classes, put each image into a folder of its class',
    )
    return withoutClasses('no classes', images)
  }
  const classNames = [...new Set([...folders].map(className))].sort()
  const named = images.flatMap(({ path, file }) => {
    const folder = firstFolder(path)
    if (folder !== null && classNames.includes(className(folder))) return [{ file, className: className(folder) }]
    leftOut.add(
      folder === null ? 'images outside of the class folders' : 'images of classes without training images',
      file.name,
    )
    return []
  })
  return withClasses('class folders', named, classNames)
}

function listed(folders: readonly string[]): string {
  const shown = folders
    .slice(0, 3)
    .map(folder => `${folder}/`)
    .join(', ')
  return folders.length > 3 ? `${shown} and ${folders.length - 3} more folders` : shown
}

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

/** The layout of a `dataset.json`; null if it has no labels. @throws MixflowError DATA_INVALID */
export function datasetJson(
  images: readonly ImagePath[],
  { name, folder, text }: TextFile,
  remarks: Remarks,
): Layout | null {
  const json = parsedJson(text, name)
  const labels = typeof json === 'object' && json !== null && 'labels' in json ? json.labels : undefined
  if (labels === null) return withoutClasses(`${name} without labels`, images)
  if (!Array.isArray(labels)) {
    remarks.notes.push(`${name} has no list of labels and is ignored`)
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
  if (missing.length > 0) remarks.leftOut.add(`entries of ${name} without an image`, ...missing)
  let classes = 0
  for (const label of byFile.values()) classes = Math.max(classes, label + 1)
  return withClasses(
    name,
    named,
    Array.from({ length: classes }, (_, i) => String(i)),
  )
}

type Row = Readonly<Record<string, unknown>>

const isMetadata = (name: string) => /(^|\/)metadata\.(csv|jsonl)$/.test(name)

/** Labels by image file, from the metadata files; null if none has a column `label`. */
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
      notes.push(`${file.name} has no column file_name and is ignored`)
      continue
    }
    const others = columns.filter(column => column !== 'file_name' && column !== 'label')
    if (others.length > 0) notes.push(`${file.name}: ignored columns: ${others.slice(0, 8).join(', ')}`)
    if (!columns.includes('label')) {
      notes.push(`${file.name} has no column label and defines no classes`)
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
  if (typeof file_name !== 'string' || file_name === '') throw invalid(name, `has no file_name (${what})`)
  if (label === null || label === undefined || label === '') return
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean') {
    throw invalid(name, `has a label that is not a string, number or boolean (${what})`)
  }
  labels.set(`${folder}${file_name.replace(/^\.\//, '').replaceAll('\\', '/')}`, className(String(label)))
}

function rowsOf({ name, text }: TextFile): Row[] {
  if (name.endsWith('.jsonl')) {
    return text.split('\n').flatMap((line, i) => {
      if (line.trim() === '') return []
      const row = parsedJson(line, `line ${i + 1} of ${name}`)
      if (typeof row !== 'object' || row === null || Array.isArray(row))
        throw invalid(name, `line ${i + 1} is not an object`)
      return [row as Row]
    })
  }
  try {
    const [head = [], ...rows] = csvRows(text)
    return rows.map(row => Object.fromEntries(head.map((column, i) => [column.trim(), row[i]])))
  } catch (cause) {
    throw invalid(name, `is not valid CSV: ${(cause as Error).message}`)
  }
}

/** Images with the labels of the metadata. Images without one are left out. */
export function metadataClasses(
  images: readonly ImagePath[],
  labels: ReadonlyMap<string, string>,
  { leftOut, all }: { readonly leftOut: LeftOutFiles; readonly all: readonly ImagePath[] },
): Layout {
  const present = new Set(all.map(({ file }) => file.name))
  const missing = [...labels.keys()].filter(name => !present.has(name))
  if (missing.length > 0) leftOut.add('entries of the metadata without an image', ...missing)
  const named = images.flatMap(({ file }) => {
    const label = labels.get(file.name)
    if (label !== undefined) return [{ file, className: label }]
    leftOut.add('images without a label in the metadata', file.name)
    return []
  })
  // labels of all parts, so that they have the same classes
  return withClasses('labels of the metadata', named, inOrder([...new Set(labels.values())]))
}

/** Numbers by value, other names by code units. */
const inOrder = (names: readonly string[]): string[] =>
  names.every(name => /^-?\d+$/.test(name)) ? names.toSorted((a, b) => Number(a) - Number(b)) : names.toSorted()

/** Rows of comma-separated values (RFC 4180). Empty lines are skipped. */
function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  // a field, quoted or plain, and its end
  const fields = /(?:"((?:[^"]|"")*)"|((?!")[^,\r\n]*))(,|\r\n|\n|\r|$)/gy
  while (fields.lastIndex < text.length) {
    const at = fields.lastIndex
    const found = fields.exec(text)
    if (!found) throw new Error(`row ${rows.length + 1}: unclosed quote, or text after a quote (byte ${at})`)
    const [, quoted, plain = '', end] = found
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',' && fields.lastIndex < text.length) continue
    if (end === ',') row.push('')
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}

interface TextFile {
  readonly name: string
  /** Its folder with a trailing `/`; names in the text are relative to it. */
  readonly folder: string
  readonly text: string
}

const mostBytes = 2 ** 28

/** @throws MixflowError DATA_INVALID if it cannot be read, is not UTF-8, or is larger than 256 MiB */
export async function readText(file: DataFile): Promise<TextFile> {
  const { name } = file
  if (file.bytes > mostBytes) throw invalid(name, `has ${file.bytes} bytes, more than the limit of ${mostBytes}`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read())
    return { name, folder: name.slice(0, name.lastIndexOf('/') + 1), text }
  } catch (cause) {
    throw invalid(name, `cannot be read: ${(cause as Error).message}`)
  }
}

/** @throws MixflowError DATA_INVALID */
function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw invalid(what, `is not valid JSON: ${(cause as Error).message}`)
  }
}

const invalid = (name: string, what: string): MixflowError =>
  new MixflowError('DATA_INVALID', `${name} ${what}`, {
    hint: `repair ${name}, or remove it to read the images without it`,
    details: { name },
  })
