/**
 * Writes `report.html` in a run's folder, from the files there (`metrics.jsonl`, the numbered grids in `samples/`) and from facts
 * that only the running program knows. Can be called at any time; the file is replaced atomically.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readRegularFile, writeFileDurably } from '@mixflow/files'
import { newestCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { readMetrics, runFiles } from '../loop/run-folder.ts'
import type { SourceRow } from '../loop/sample-grid.ts'
import { thin } from './line-chart.ts'
import { gridPng } from './png.ts'
import { renderReport } from './render-report.ts'
import type { ReportFacts, SampleGrid } from './report-data.ts'

export interface ReportContent extends ReportFacts {
  /** null if the source is not conditioned on an image. */
  readonly sources: readonly SourceRow[] | null
}

/** Returns the path of the report. */
export async function writeReport(folder: string, { sources, ...facts }: ReportContent): Promise<string> {
  const page = renderReport({
    ...facts,
    folder,
    hasCheckpoint: (await newestCheckpoint(folder)) !== null,
    written: new Date().toISOString(),
    metrics: await readMetrics(folder),
    grids: await readGrids(join(folder, runFiles.samples)),
    sources: sources?.map(({ name, images }) => ({ name, png: gridPng(images, { columns: images.length }) })) ?? null,
  })
  const path = join(folder, runFiles.report)
  await writeFileDurably(path, page)
  return path
}

/** `000012800.png`: the number is images seen. */
const gridName = /^(\d+)\.png$/
const mostGrids = 12

async function readGrids(folder: string): Promise<SampleGrid[]> {
  const names = await readdir(folder).catch(() => [])
  const numbered = names.flatMap(name => {
    const match = gridName.exec(name)
    return match === null ? [] : [{ name, imagesSeen: Number(match[1]) }]
  })
  numbered.sort((a, b) => a.imagesSeen - b.imagesSeen)
  return Promise.all(
    thin(numbered, mostGrids).map(async ({ name, imagesSeen }) => ({
      imagesSeen,
      png: await readRegularFile(join(folder, name)),
    })),
  )
}
