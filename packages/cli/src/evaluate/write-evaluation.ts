/** The files of an evaluation: `evaluation.md`, `evaluation.json`, and `evaluation.svg` where there is a curve to show. */

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkFolder } from '../terminal/write-png.ts'
import type { EvaluationResult } from './evaluation.ts'
import { evaluationMarkdown } from './evaluation-text.ts'
import { speedQualityPicture } from './speed-quality-picture.ts'

const names = { text: 'evaluation.md', json: 'evaluation.json', picture: 'evaluation.svg' } as const

/** Returns the paths, as text. @throws MixflowError OUTPUT_DISK */
export async function writeEvaluation(folder: string, result: EvaluationResult): Promise<string> {
  await checkFolder(folder)
  await mkdir(folder, { recursive: true })
  const picture = speedQualityPicture(result)
  const files: Record<string, string | null> = {
    [names.text]: evaluationMarkdown(result, picture === null ? null : names.picture),
    [names.json]: `${JSON.stringify(result, null, 2)}\n`,
    [names.picture]: picture,
  }
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    if (content === null) {
      await rm(path, { force: true }) // of another evaluation
      continue
    }
    await writeFile(`${path}.tmp`, content)
    await rename(`${path}.tmp`, path)
  }
  return Object.entries(files)
    .filter(([, content]) => content !== null)
    .map(([name]) => join(folder, name))
    .join('\n')
}
