/** The commands to run after a training run: resume, export, sample, train longer. */
import { isAdaptive } from '@mixflow/core'
import { labelText, shellWord } from '@mixflow/core/internal'
import { type PresetName, presets } from '@mixflow/zoo'
import { formatNumber } from '../progress/format.ts'
import { learningRate } from '../step/optimizer.ts'
import type { ReportData } from './report-data.ts'

export interface NextCommand {
  /** What it does, as a heading. */
  readonly title: string
  readonly command: string
}

type RunFacts = Pick<ReportData, 'program' | 'preset' | 'folder' | 'state' | 'config' | 'labels' | 'hasCheckpoint'>

export function nextCommands(facts: RunFacts): NextCommand[] {
  const { program, preset, folder, state, config, labels, hasCheckpoint = true } = facts
  const at = shellWord(folder)
  const model = shellWord(`${folder}/model`)
  const start = `${program} train${preset === null ? '' : ` ${shellWord(preset)}`}`
  const resume = `${start} --out ${at} --resume`
  const isOwnData = preset === null || presets[preset as PresetName]?.config.data !== config.data
  const data = isOwnData ? ` --data ${shellWord(config.data)}` : ''
  const anew = `${start}${data} --out ${shellWord(`${folder}-2`)} --set learningRate=${config.learningRate / 2}`
  const { solver, nfe } = config.sampling
  const evaluations = isAdaptive(solver) ? '' : ` --nfe ${nfe}`
  const label = labels === null ? '' : ` --label ${shellWord(labelText(Math.min(3, labels.count - 1), labels))}`
  const restart = { title: 'Start a new run with half the learning rate', command: anew }
  if (!hasCheckpoint) return state === 'failed' ? [restart] : []
  return [
    ...(state === 'finished' ? [] : [{ title: 'Resume from the last checkpoint', command: resume }]),
    ...(state === 'failed' ? [restart] : []),
    { title: 'Export the model: ONNX files and a manifest', command: `${program} export ${at}` },
    {
      title: 'Generate 64 images',
      command: `${program} sample ${model} --count 64${evaluations} --seed 7${label} --out samples.png`,
    },
    ...(state === 'finished'
      ? [{ title: twiceTitle(config), command: `${resume} --set totalImages=${2 * config.totalImages}` }]
      : []),
  ]
}

/** A longer run has a higher learning rate where this run ends; the title says so. */
function twiceTitle(config: RunFacts['config']): string {
  const { totalImages } = config
  const [before, after] = [totalImages, 2 * totalImages].map(length =>
    learningRate({ ...config, totalImages: length }, totalImages),
  ) as [number, number]
  if (after <= 1.01 * before) return 'Train twice as long'
  return `Train twice as long: the learning rate rises again from ${formatNumber(before)} to ${formatNumber(after)}, and falls at the new end`
}
