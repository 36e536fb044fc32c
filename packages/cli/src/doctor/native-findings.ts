/** Native TensorFlow, which nothing needs: what is there, proven by a few steps, or the command that makes it. */

import { MixflowError } from '@mixflow/core'
import { programName } from '../terminal/program-name.ts'
import type { Finding } from './finding.ts'

const kinds = { 'tfjs-node': '', 'tfjs-node-gpu': ' --gpu' } as const

export async function nativeFindings(): Promise<Finding[]> {
  const { tfjsNodeFacts } = await import('@mixflow/train')
  const findings = Object.entries(kinds).map(async ([name, flag]): Promise<Finding> => {
    const command = `${programName()} setup tensorflow${flag}`
    const finding = { topic: 'runtime', name } as const
    try {
      const facts = await tfjsNodeFacts(name as keyof typeof kinds)
      if (facts === null) return { ...finding, state: 'lacking', text: `for train --backend ${name}`, command }
      const blind = name === 'tfjs-node-gpu' && !facts.gpu
      const text = `TensorFlow ${facts.tensorflow}, for train --backend ${name}`
      return { ...finding, ...(blind ? { state: 'lacking', text: `${text}: sees no GPU` } : { state: 'ok', text }) }
    } catch (error) {
      if (!MixflowError.is(error)) throw error
      const [text = ''] = error.message.split('\n')
      return { ...finding, state: 'lacking', text, command }
    }
  })
  return Promise.all(findings)
}
