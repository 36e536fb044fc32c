/** What to type after a training run: go on with it, export the model, draw from it, train longer. */
import { isAdaptive, labelText } from '@mixflow/core'
import type { ReportData } from './report-data.ts'

export interface NextCommand {
  /** What it does, as a heading. */
  readonly title: string
  readonly command: string
}

type RunFacts = Pick<ReportData, 'program' | 'preset' | 'folder' | 'state' | 'config' | 'labels'>

export function nextCommands({ program, preset, folder, state, config, labels }: RunFacts): NextCommand[] {
  const at = quoted(folder)
  const model = quoted(`${folder}/model`)
  const start = `${program} train${preset === null ? '' : ` ${quoted(preset)}`}`
  const resume = `${start} --out ${at} --resume`
  const anew = `${start} --out ${quoted(`${folder}-2`)} --set learningRate=${config.learningRate / 2}`
  const { solver, nfe } = config.sampling
  const evaluations = isAdaptive(solver) ? '' : ` --nfe ${nfe}`
  const label = labels === null ? '' : ` --label ${quoted(labelText(Math.min(3, labels.count - 1), labels))}`
  return [
    ...(state === 'finished' ? [] : [{ title: 'Go on from the last checkpoint', command: resume }]),
    ...(state === 'failed' ? [{ title: 'Or start anew with half the learning rate', command: anew }] : []),
    { title: 'Make a model of it: ONNX files with a manifest', command: `${program} export ${at}` },
    {
      title: 'Draw 64 pictures with it',
      command: `${program} sample ${model} --count 64${evaluations} --seed 7${label} --out samples.png`,
    },
    ...(state === 'finished'
      ? [{ title: 'Train twice as long', command: `${resume} --set totalImages=${2 * config.totalImages}` }]
      : []),
  ]
}

/** A word for a POSIX shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
