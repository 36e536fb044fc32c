/** The checks of `mixflow doctor`, as text: one line each, grouped by topic, with the fix below. */

import { existsSync, readFileSync } from 'node:fs'
import { access, constants, readdir, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { printable } from '@mixflow/core/internal'
import type { Colors } from '../../terminal/errors.ts'
import { table } from '../../terminal/text.ts'
import { programName } from '../../terminal/this-program.ts'

export interface Finding {
  readonly topic: 'system' | 'runtime' | 'device' | 'package'
  readonly name: string
  /** `lacking` is optional, `broken` is required. */
  readonly state: 'ok' | 'lacking' | 'broken'
  readonly text: string
  /** The command that fixes it. */
  readonly command?: string
  /** What to do where no command fixes it. */
  readonly hint?: string
}

const marks = { ok: 'ok', lacking: 'missing', broken: 'BROKEN' } as const
const topics = ['system', 'runtime', 'device', 'package'] as const

export function findingsText(findings: readonly Finding[], { green, yellow, red }: Colors): string {
  const paint = { ok: green, lacking: yellow, broken: red }
  const rows = topics.flatMap(topic => findings.filter(finding => finding.topic === topic))
  const lines = table(rows.map(({ state, name, text }) => [marks[state], name, text]))
  return rows
    .map(({ state, command, hint }, i) => {
      const line = paint[state](marks[state]) + lines[i]!.slice(marks[state].length)
      const fix = printable(command ?? hint ?? '')
      return fix === '' ? line : `${line}\n    ${fix}`
    })
    .join('\n')
}

/** Runtime -> the package that imports it. */
const runtimes = {
  'onnxruntime-node': '@mixflow/tfjs-onnx',
  '@tensorflow/tfjs-core': '@mixflow/train',
  sharp: '@mixflow/train',
} as const

export const runtimeFindings = (): Finding[] =>
  Object.entries(runtimes).map(([name, owner]) => {
    const version = versionOf(name, import.meta.resolve(owner))
    if (version !== null) return { topic: 'runtime', name, state: 'ok', text: version }
    return { topic: 'runtime', name, state: 'broken', text: 'not installed', command: `npm install ${name}` }
  })

/** Version of a package as resolved from `importer`; null if it is not found. */
export function versionOf(name: string, importer: string): string | null {
  const folder = folderOf(name, importer)
  return folder === null ? null : JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

/** Folder of a package as resolved from `importer`; null if it is not found. */
export function folderOf(name: string, importer: string): string | null {
  try {
    let folder = dirname(createRequire(importer).resolve(name))
    while (dirname(folder) !== folder) {
      const manifest = join(folder, 'package.json')
      const found = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {}
      if (found.name === name) return folder
      folder = dirname(folder)
    }
  } catch {}
  return null
}

/** Minimum version of Node. */
const oldest = [20, 12] as const

export function nodeFinding(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok('Node', version)
  const text = `${version} is too old; mixflow needs ${oldest.join('.')} or newer`
  return { topic: 'system', name: 'Node', state: 'broken', text, command: 'npm install -g n && n lts' }
}

export function machineFindings(): Finding[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  // a container may be limited to less
  const limit = process.constrainedMemory?.() ?? 0
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return [
    ok('system', `${platform()} ${release()}, ${arch()}`),
    ok('processor', `${model}, ${availableParallelism()} cores`),
    ok('memory', `${gigabytes(total)}, ${gigabytes(Math.min(freemem(), total))} free`),
  ]
}

/** @param folder of downloaded data sets and models; it may not exist yet */
export async function cacheFinding(folder: string): Promise<Finding> {
  const existing = await firstExisting(folder)
  const [used, disk] = [await sizeOf(folder), await statfs(existing)]
  const text = `${folder}, ${gigabytes(used)} in use, ${gigabytes(disk.bavail * disk.bsize)} free`
  try {
    await access(existing, constants.W_OK)
    return ok('downloads', text)
  } catch {
    const command = 'export MIXFLOW_CACHE=<folder>'
    return { topic: 'system', name: 'downloads', state: 'broken', text: `${text}: not writable`, command }
  }
}

async function firstExisting(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => null)
  return there === null && dirname(folder) !== folder ? firstExisting(dirname(folder)) : folder
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(entry => stat(join(entry.parentPath ?? entry.path, entry.name)))
  const settled = await Promise.allSettled(sizes)
  return settled.reduce((sum, file) => sum + (file.status === 'fulfilled' ? file.value.size : 0), 0)
}

const ok = (name: string, text: string): Finding => ({ topic: 'system', name, state: 'ok', text })

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`

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
