/** `mixflow setup`: makes ready what is in no npm package. One word says what; everything else is found out. */

import { checkWord } from '@mixflow/core/internal'
import { folderOf } from '../doctor/installed.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { programName } from '../terminal/program-name.ts'
import { UsageError } from '../terminal/usage-error.ts'

export interface SetupFlags {
  readonly gpu?: boolean
}

const things = ['tensorflow', 'cuda'] as const

export async function setupCommand(thing: string | undefined, flags: SetupFlags): Promise<void> {
  if (thing === undefined)
    throw new UsageError('what should be set up?', `${programName()} setup tensorflow, or ${programName()} setup cuda`)
  const known = checkWord(thing, things, { what: 'thing to set up' })
  if (known === 'cuda' && flags.gpu) throw new UsageError('--gpu goes with setup tensorflow')
  await interruptible(signal => (known === 'cuda' ? setupCuda(signal) : setupTensorflow(flags, signal)))
}

async function setupTensorflow({ gpu = false }: SetupFlags, signal: AbortSignal): Promise<void> {
  const { setUpTfjsNode } = await import('@mixflow/train')
  const result = await setUpTfjsNode({ gpu, signal, onPhase: text => print(`${text} …`) })
  const { kind, folder, outcome, tensorflow } = result
  print(`${outcome === 'found' ? 'is there and works' : 'done'}: ${kind} with TensorFlow ${tensorflow}, in ${folder}`)
  if (gpu && !result.gpu) print('It sees no GPU now: nvidia-smi tells whether the driver does.')
  print(`\nto train on it\n  ${programName()} train quickstart --backend ${kind}`)
}

/** Our packages that have a copy of onnxruntime-node, most often the same one. */
const runtimeOwners = ['@mixflow/tfjs-onnx', '@mixflow/sdk-node']

async function setupCuda(signal: AbortSignal): Promise<void> {
  const { setUpCuda, useBackend } = await import('@mixflow/train')
  const runtimes = new Set(runtimeOwners.map(owner => folderOf('onnxruntime-node', import.meta.resolve(owner))))
  const onPhase = (text: string) => print(`${text} …`)
  const { folder, outcome } = await setUpCuda({
    runtimes: [...runtimes].flatMap(place => place ?? []),
    signal,
    onPhase,
  })
  print(`${outcome === 'found' ? 'is there' : 'done'}: CUDA for ONNX Runtime, in ${folder}`)
  await useBackend({ backend: 'onnx', device: 'cuda' }) // or says what is still missing
  print(`\nto use it\n  ${programName()} train quickstart --device cuda`)
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
