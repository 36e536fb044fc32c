/** `mixflow doctor`: what works on this machine, and the command that fixes each thing that does not. */

import { dirname } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { colorsFor } from '../../terminal/errors.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { jsonText, print } from '../../terminal/text.ts'
import { packageFacts } from '../../terminal/this-program.ts'
import {
  cacheFinding,
  cpuFinding,
  deviceFindings,
  type Finding,
  findingsText,
  machineFindings,
  nativeFindings,
  nodeFinding,
  runtimeFindings,
  torchFinding,
} from './findings.ts'

export async function doctorCommand({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { version } = packageFacts()
  const status = statusLine()
  status.show('measuring a few training steps of the quick start …')
  const findings = [nodeFinding(), ...machineFindings(), ...runtimeFindings(), ...(await trainingFindings())]
  status.clear()
  const broken = findings.flatMap(({ state, name }) => (state === 'broken' ? [name] : []))
  const healthy = broken.length === 0
  if (json) print(jsonText({ mixflow: version, healthy, findings }))
  else print(`mixflow ${version}\n\n${findingsText(findings, colorsFor(process.stdout))}`)
  if (healthy) return
  throw new MixflowError('DEVICE_UNAVAILABLE', `mixflow needs what does not work here: ${broken.join(', ')}`, {
    hint: 'run the commands listed above',
  })
}

/** These need the training package, which cannot be loaded where sharp has no binary for the system. */
async function trainingFindings(): Promise<Finding[]> {
  try {
    const { dataCacheFolder, describeData } = await import('@mixflow/train')
    const emoji = (await describeData()).find(({ name }) => name === 'twemoji')?.where
    return [
      await cacheFinding(dirname(dataCacheFolder())),
      await cpuFinding(),
      ...(await deviceFindings()),
      await torchFinding(),
      ...(await nativeFindings()),
      ...emojiFinding(emoji),
    ]
  } catch (error) {
    const [text = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return [
      { topic: 'runtime', name: 'training', state: 'broken', text, command: 'npm install --include=optional sharp' },
    ]
  }
}

type Availability = Awaited<ReturnType<typeof import('@mixflow/train').describeData>>[number]['where']

function emojiFinding(where: Availability | undefined): Finding[] {
  const emoji = { topic: 'package', name: 'emoji-datasource-twitter', text: 'images for mixflow train emoji' } as const
  if (where?.state === 'here') return [{ ...emoji, state: 'ok' }]
  return where?.state === 'install' ? [{ ...emoji, state: 'lacking', command: where.command }] : []
}
