/** What networks run on: whether each works here, or what it lacks. Each is tried in a child process, which its driver may crash. */

import type { Device, DeviceProblem } from '@mixflow/sdk-node'
import { programName } from '../terminal/program-name.ts'
import type { Finding } from './finding.ts'

/** Devices that nothing needs. */
const others = ['cuda', 'webgpu'] as const satisfies Device[]

export async function deviceFindings(): Promise<Finding[]> {
  const { deviceProblem } = await import('@mixflow/sdk-node')
  const findings: Finding[] = []
  for (const device of others) findings.push(deviceFinding(device, await deviceProblem(device)))
  return findings
}

function deviceFinding(name: (typeof others)[number], problem: DeviceProblem | null): Finding {
  if (problem === null) return { topic: 'device', name, state: 'ok', text: `for --device ${name}` }
  const { reason, message: text, hint } = problem
  const lacking = { topic: 'device', name, state: 'lacking', text } as const
  return name === 'cuda' && reason === 'missing'
    ? { ...lacking, command: `${programName()} setup cuda` }
    : { ...lacking, hint }
}
