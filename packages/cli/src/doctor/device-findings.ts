/** Devices that nothing needs, used for a moment: whether they work here, or what they lack. */

import { execFileSync } from 'node:child_process'
import { programName } from '../terminal/program-name.ts'
import type { Finding } from './finding.ts'

export async function deviceFindings(): Promise<Finding[]> {
  const { deviceProblem } = await import('@mixflow/tfjs-onnx')
  const [cuda, webgpu] = [
    await deviceProblem('cuda'),
    hasGraphics() ? await deviceProblem('webgpu') : 'no loader of Vulkan drivers (libvulkan.so.1)',
  ]
  return [
    cuda === null
      ? { topic: 'device', name: 'cuda', state: 'ok', text: 'for --device cuda' }
      : { topic: 'device', name: 'cuda', state: 'lacking', text: cuda, command: `${programName()} setup cuda` },
    webgpu === null
      ? { topic: 'device', name: 'webgpu', state: 'ok', text: 'for --device webgpu' }
      : { topic: 'device', name: 'webgpu', state: 'lacking', text: webgpu },
  ]
}

/** Without a loader of drivers, asking for WebGPU on Linux only prints complaints. */
function hasGraphics(): boolean {
  if (process.platform !== 'linux') return true
  try {
    return execFileSync('ldconfig', ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).includes(
      'libvulkan.so.1',
    )
  } catch {
    return true
  }
}
