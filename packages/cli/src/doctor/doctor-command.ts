/**
 * `mixflow doctor`: what this machine can do, and for each thing it lacks the one command that would help. The processor is
 * judged by the work it is for: a few training steps of the quick start, through the same runtimes as ever.
 */

import { dirname } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { packageFacts } from '../package-facts.ts'
import { colorsFor } from '../terminal/colors.ts'
import { jsonText } from '../terminal/json-text.ts'
import { statusLine } from '../terminal/status-line.ts'
import { deviceFindings } from './device-findings.ts'
import type { Finding } from './finding.ts'
import { findingsText } from './findings-text.ts'
import { runtimeFindings } from './installed.ts'
import { nativeFindings } from './native-findings.ts'
import { cacheFinding, machineFindings, nodeFinding } from './system.ts'

export async function doctorCommand({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { version } = packageFacts()
  const status = statusLine()
  status.show('measuring: a few training steps of the quick start …')
  const findings = await examine().finally(() => status.clear())
  const healthy = findings.every(({ state }) => state !== 'broken')
  process.stdout.write(
    json
      ? `${jsonText({ mixflow: version, healthy, findings })}\n`
      : `mixflow ${version}\n\n${findingsText(findings, colorsFor(process.stdout))}\n`,
  )
  if (healthy) return
  const broken = findings.filter(({ state }) => state === 'broken').map(({ name }) => name)
  throw new MixflowError('DEVICE_UNAVAILABLE', `not all that mixflow needs works here: ${broken.join(', ')}`, {
    hint: 'the commands above may help',
  })
}

async function examine(): Promise<Finding[]> {
  return [nodeFinding(), ...machineFindings(), ...runtimeFindings(), ...(await usesOfTraining())]
}

/** What is known only where the training package can be loaded: its pictures need a library that was made for this system. */
async function usesOfTraining(): Promise<Finding[]> {
  try {
    const { dataCacheFolder, describeData } = await import('@mixflow/train')
    const sets = await describeData()
    const twemoji = sets.find(({ name }) => name === 'twemoji')?.where
    return [
      await cacheFinding(dirname(dataCacheFolder())),
      await cpuFinding(),
      ...(await deviceFindings()),
      ...(await nativeFindings()),
      ...emojiFinding(twemoji),
    ]
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
    return [
      { topic: 'runtime', name: 'training', state: 'broken', text, command: 'npm install --include=optional sharp' },
    ]
  }
}

async function cpuFinding(): Promise<Finding> {
  const cpu = { topic: 'device', name: 'cpu' } as const
  try {
    const { useOnnxBackend } = await import('@mixflow/tfjs-onnx')
    const { estimateRun, formatDuration, formatNumber, openData, resolveConfig } = await import('@mixflow/train')
    const { config } = resolveConfig({ preset: 'quickstart' })
    await useOnnxBackend()
    const estimate = await estimateRun({ config, data: await openData(config.data) })
    const speed = `${formatNumber(estimate.imagesPerSecond)} images/s`
    return { ...cpu, state: 'ok', text: `trains the quick start at ${speed}: ${formatDuration(estimate.totalSeconds)}` }
  } catch (error) {
    const [text = ''] = String(error).split('\n')
    return { ...cpu, state: 'broken', text, command: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node' }
  }
}

type Place = Awaited<ReturnType<typeof import('@mixflow/train').describeData>>[number]['where']

function emojiFinding(where: Place | undefined): Finding[] {
  const emoji = { topic: 'package', name: 'emoji-datasource-twitter' } as const
  if (where?.state === 'here') return [{ ...emoji, state: 'ok', text: 'the pictures of mixflow train emoji' }]
  if (where?.state !== 'install') return []
  return [{ ...emoji, state: 'lacking', text: 'the pictures of mixflow train emoji', command: where.command }]
}
