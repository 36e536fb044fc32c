/** `mixflow setup`: installs what no npm package contains: libtorch, native TensorFlow, the CUDA libraries of ONNX Runtime, or MPI. */

import { checkWord } from '@mixflow/core/internal'
import { UsageError } from '../terminal/errors.ts'
import { interruptible } from '../terminal/signals.ts'
import { print } from '../terminal/text.ts'
import { programName } from '../terminal/this-program.ts'
import { folderOf } from './doctor/findings.ts'

const components = ['torch', 'tensorflow', 'cuda', 'mpi'] as const

export async function setupCommand(
  name: string | undefined,
  { gpu = false }: { readonly gpu?: boolean },
): Promise<void> {
  if (name === undefined) {
    throw new UsageError('missing component', components.map(one => `${programName()} setup ${one}`).join(', or '))
  }
  const component = checkWord(name, components, { what: 'component' })
  if ((component === 'cuda' || component === 'mpi') && gpu)
    throw new UsageError('--gpu requires setup torch or setup tensorflow')
  const install = { torch: setupTorch, tensorflow: setupTensorflow, cuda: setupCuda, mpi: setupMpi }[component]
  await interruptible(signal => install(signal, gpu))
}

const onPhase = (text: string) => print(`${text} …`)

async function setupTorch(signal: AbortSignal, cuda: boolean): Promise<void> {
  const { setUpTorch } = await import('@mixflow/train')
  const { folder, outcome, version, devices } = await setUpTorch({ cuda, signal, onPhase })
  print(`${outcome === 'found' ? 'already installed' : 'installed'}: libtorch ${version}, in ${folder}`)
  if (cuda && !devices.includes('cuda')) print('It detects no GPU; check the driver with nvidia-smi.')
  print(`\nTrain with it\n  ${programName()} train quickstart --backend torch`)
}

async function setupTensorflow(signal: AbortSignal, gpu: boolean): Promise<void> {
  const { setUpTfjsNode } = await import('@mixflow/train')
  const { kind, folder, outcome, tensorflow, ...result } = await setUpTfjsNode({ gpu, signal, onPhase })
  print(
    `${outcome === 'found' ? 'already installed' : 'installed'}: ${kind} with TensorFlow ${tensorflow}, in ${folder}`,
  )
  if (gpu && !result.gpu) print('It detects no GPU; check the driver with nvidia-smi.')
  print(`\nTrain with it\n  ${programName()} train quickstart --backend ${kind}`)
}

/** Packages that depend on onnxruntime-node; usually they share one copy. */
const runtimeOwners = ['@mixflow/tfjs-onnx', '@mixflow/sdk-node']

async function setupCuda(signal: AbortSignal): Promise<void> {
  const { setUpCuda, useBackend } = await import('@mixflow/train')
  const runtimes = new Set(
    runtimeOwners.flatMap(owner => folderOf('onnxruntime-node', import.meta.resolve(owner)) ?? []),
  )
  const { folder, outcome } = await setUpCuda({ runtimes: [...runtimes], signal, onPhase })
  print(`${outcome === 'found' ? 'already installed' : 'installed'}: CUDA for ONNX Runtime, in ${folder}`)
  await useBackend({ backend: 'onnx', device: 'cuda' }) // throws an error that names what is still missing
  print(`\nTrain with it\n  ${programName()} train quickstart --device cuda`)
}

async function setupMpi(signal: AbortSignal): Promise<void> {
  const { setUpMpi } = await import('@mixflow/train')
  const { mpiexec, folder, outcome, version } = await setUpMpi({ signal, onPhase })
  print(`${outcome === 'found' ? 'already installed' : 'installed'}: ${version}, in ${folder}`)
  print(`\nStart a program that uses @mixflow/mpi with it\n  ${mpiexec} -n 2 node program.js`)
}
