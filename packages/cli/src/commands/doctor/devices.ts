/** What networks run on, each proven by running it: the CPU, CUDA and WebGPU through ONNX Runtime, and native TensorFlow. */

import { MixflowError } from '@mixflow/core'
import { programName } from '../../terminal/this-program.ts'
import type { Finding } from './findings.ts'

/** Measures a few training steps of the quick start. */
export async function cpuFinding(): Promise<Finding> {
  const cpu = { topic: 'device', name: 'cpu' } as const
  try {
    const { useOnnxBackend } = await import('@mixflow/tfjs-onnx')
    const { estimateRun, formatDuration, formatNumber, openData, resolveConfig } = await import('@mixflow/train')
    const { config } = resolveConfig({ preset: 'quickstart' })
    await useOnnxBackend()
    const { imagesPerSecond, totalSeconds } = await estimateRun({ config, data: await openData(config.data) })
    const speed = `${formatNumber(imagesPerSecond)} images/s`
    return { ...cpu, state: 'ok', text: `trains the quick start at ${speed}: ${formatDuration(totalSeconds)}` }
  } catch (error) {
    const [text = ''] = String(error).split('\n')
    return { ...cpu, state: 'broken', text, command: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node' }
  }
}

/** Each device is opened in a child process, because its driver may crash. */
export async function deviceFindings(): Promise<Finding[]> {
  const { deviceProblem } = await import('@mixflow/sdk-node')
  const findings: Finding[] = []
  for (const name of ['cuda', 'webgpu'] as const) {
    const problem = await deviceProblem(name)
    if (problem === null) findings.push({ topic: 'device', name, state: 'ok', text: `for --device ${name}` })
    else {
      const { reason, message: text, hint } = problem
      const fix = name === 'cuda' && reason === 'missing' ? { command: `${programName()} setup cuda` } : { hint }
      findings.push({ topic: 'device', name, state: 'lacking', text, ...fix })
    }
  }
  return findings
}

/** libtorch, for `--backend torch`. */
export async function torchFinding(): Promise<Finding> {
  const torch = { topic: 'runtime', name: 'libtorch' } as const
  const { torchFacts } = await import('@mixflow/train')
  try {
    const { version, devices } = await torchFacts()
    return { ...torch, state: 'ok', text: `${version} on ${devices.join(', ')}, for train --backend torch` }
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const text = code === 'LIBRARY_MISSING' ? 'for train --backend torch' : (message.split('\n', 1)[0] as string)
    return { ...torch, state: 'lacking', text, command: `${programName()} setup torch` }
  }
}

const nativeBackends = { 'tfjs-node': '', 'tfjs-node-gpu': ' --gpu' } as const

export async function nativeFindings(): Promise<Finding[]> {
  const { tfjsNodeFacts } = await import('@mixflow/train')
  const findings = Object.entries(nativeBackends).map(async ([name, flag]): Promise<Finding> => {
    const command = `${programName()} setup tensorflow${flag}`
    const finding = { topic: 'runtime', name } as const
    try {
      const facts = await tfjsNodeFacts(name as keyof typeof nativeBackends)
      if (facts === null) return { ...finding, state: 'lacking', text: `for train --backend ${name}`, command }
      const text = `TensorFlow ${facts.tensorflow}, for train --backend ${name}`
      return name === 'tfjs-node-gpu' && !facts.gpu
        ? { ...finding, state: 'lacking', text: `${text}: no GPU detected` }
        : { ...finding, state: 'ok', text }
    } catch (error) {
      if (!MixflowError.is(error)) throw error
      const [text = ''] = error.message.split('\n')
      return { ...finding, state: 'lacking', text, command }
    }
  })
  return Promise.all(findings)
}
