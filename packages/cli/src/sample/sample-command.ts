/** `mixflow sample`: pictures of an exported model, as one PNG or many. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointFileName, MixflowError, manifestFileName, type SampleRequest, type SolverName } from '@mixflow/core'
import { interruptible } from '../terminal/interruptible.ts'
import { programName } from '../terminal/program-name.ts'
import { statusLine } from '../terminal/status-line.ts'
import { labelOf } from './label-of.ts'
import { chooseOutput, writeSamples } from './sample-output.ts'

export interface SampleFlags {
  readonly count: number
  readonly nfe?: number
  readonly steps?: number
  readonly gridPower?: number
  readonly solver?: string
  readonly seed?: number
  readonly label?: string
  readonly guidance?: number
  readonly mixtureWeight?: number
  readonly batchSize?: number
  readonly device?: string
  readonly dtype?: string
  readonly out?: string
  readonly columns?: number
}

export const sampleCommand = (place: string, flags: SampleFlags): Promise<void> =>
  interruptible(async signal => {
    const output = await chooseOutput(flags.out, flags.count)
    refuseRun(place)
    const { encodePng, loadModel } = await import('@mixflow/sdk-node')
    const status = statusLine()
    try {
      await using model = await loadModel(place, {
        ...(given(flags, ['device', 'dtype']) as Pick<LoadOptions, 'device' | 'dtype'>),
        signal,
        onProgress: ({ phase, fraction }) => status.show(`load the model: ${phase} ${percent(fraction)}`),
      })
      const request: SampleRequest = {
        ...given(flags, ['count', 'nfe', 'steps', 'gridPower', 'seed', 'guidance', 'mixtureWeight', 'batchSize']),
        ...(flags.solver === undefined ? {} : { solver: flags.solver as SolverName }),
        ...(flags.label === undefined ? {} : { label: labelOf(flags.label, model.manifest.labels) }),
        signal,
        onStep: ({ fraction }) => status.show(`sample ${flags.count} images: ${percent(fraction)}`),
      }
      const { images, nfe, steps, solver, seed, milliseconds } = await model.sample(request)
      status.clear()
      const written = await writeSamples(output, images, { columns: flags.columns, encodePng })
      const guidance = images[0]?.label === undefined ? 0 : (flags.guidance ?? model.manifest.sampler.guidance)
      const cost = `${counted(steps, 'step')} of ${solver}${guidance > 0 ? `, twice for guidance ${guidance}` : ''}`
      const time = `${round(milliseconds / images.length)} ms each`
      const what = counted(images.length, 'image')
      process.stdout.write(`${what} at ${round(nfe)} NFE (${cost}), ${time}, seed ${seed}\n${written}\n`)
    } finally {
      status.clear()
    }
  })

type LoadOptions = NonNullable<Parameters<typeof import('@mixflow/sdk-node').loadModel>[1]>

/** The flags of these names that were given. What they may be is the model's to say. */
function given<K extends keyof SampleFlags>(flags: SampleFlags, names: readonly K[]): Pick<SampleFlags, K> {
  const entries = names.flatMap(name => (flags[name] === undefined ? [] : [[name, flags[name]]]))
  return Object.fromEntries(entries) as Pick<SampleFlags, K>
}

/** What people have at hand first is the folder of a run. */
function refuseRun(place: string): void {
  const isThere = (...path: string[]) => existsSync(join(place, ...path))
  if (isThere(manifestFileName) || !(isThere('checkpoints') || isThere(checkpointFileName))) return
  const command = isThere('model', manifestFileName) ? `sample ${join(place, 'model')}` : `export ${place}`
  throw new MixflowError('MODEL_NOT_FOUND', `${place} is a run or checkpoint, and no model`, {
    hint: `${programName()} ${command}`,
    details: { place },
  })
}

const counted = (count: number, what: string) => `${round(count)} ${what}${count === 1 ? '' : 's'}`

const percent = (fraction: number) => `${Math.floor(100 * fraction)} %`

const round = (value: number) => String(Number(value.toPrecision(3)))
