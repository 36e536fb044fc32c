/** `mixflow setup`: makes ready what is in no npm package. One word says what; everything else is found out. */

import { checkWord } from '@mixflow/core'
import { interruptible } from '../terminal/interruptible.ts'
import { programName } from '../terminal/program-name.ts'
import { UsageError } from '../terminal/usage-error.ts'

export interface SetupFlags {
  readonly gpu?: boolean
}

const things = ['tensorflow'] as const

export async function setupCommand(thing: string | undefined, flags: SetupFlags): Promise<void> {
  if (thing === undefined) throw new UsageError('what should be set up?', `${programName()} setup tensorflow`)
  checkWord(thing, things, { what: 'thing to set up' })
  await interruptible(signal => setupTensorflow(flags, signal))
}

async function setupTensorflow({ gpu = false }: SetupFlags, signal: AbortSignal): Promise<void> {
  const { setUpTfjsNode } = await import('@mixflow/train')
  const result = await setUpTfjsNode({ gpu, signal, onPhase: text => print(`${text} …`) })
  const { kind, folder, outcome, tensorflow } = result
  print(`${outcome === 'found' ? 'is there and works' : 'done'}: ${kind} with TensorFlow ${tensorflow}, in ${folder}`)
  if (gpu && !result.gpu) print('It sees no GPU now: nvidia-smi tells whether the driver does.')
  print(`\nto train on it\n  ${programName()} train quickstart --backend ${kind}`)
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
