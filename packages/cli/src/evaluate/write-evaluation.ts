/**
 * The files of an evaluation: `evaluation.md`, `evaluation.json`, `evaluation.svg` where there is a curve to show, and `neighbours.png`
 * where neighbours were measured.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '@mixflow/files'
import { checkFolder } from '../terminal/check-output.ts'
import { jsonText } from '../terminal/json-text.ts'
import { linesText } from '../terminal/lines.ts'
import type { EvaluationResult } from './evaluation.ts'
import { evaluationMarkdown } from './evaluation-text.ts'
import { neighboursFile, neighboursText } from './neighbours-picture.ts'
import { speedQualityPicture } from './speed-quality-picture.ts'

const names = { text: 'evaluation.md', json: 'evaluation.json', curve: 'evaluation.svg' } as const

/** @param neighbours a PNG. Returns the paths, as text. @throws MixflowError OUTPUT_DISK */
export async function writeEvaluation(
  folder: string,
  { result, neighbours }: { readonly result: EvaluationResult; readonly neighbours: Uint8Array | null },
): Promise<string> {
  await checkFolder(folder)
  const curve = speedQualityPicture(result)
  const shown = {
    curve: curve === null ? null : names.curve,
    neighbours: neighbours === null ? '' : neighboursText(result.settings, neighboursFile),
  }
  const files: Record<string, string | Uint8Array | null> = {
    [names.text]: evaluationMarkdown(result, shown),
    [names.json]: `${jsonText(result)}\n`,
    [names.curve]: curve,
    [neighboursFile]: neighbours,
  }
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    if (content === null) {
      await rm(path, { force: true }) // of another evaluation
      continue
    }
    await writeFileDurably(path, content)
  }
  const written = Object.entries(files)
    .filter(([, content]) => content !== null)
    .map(([name]) => join(folder, name))
  return linesText(written)
}
