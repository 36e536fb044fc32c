/** What the child process of `tryLibrary` runs: prints what a libtorch can do here, as one line of JSON. */

import { Torch } from '../torch.ts'
import { type DeviceName, deviceTypes, loadLibtorch } from './libtorch.ts'

const folder = process.argv[2] as string
const library = loadWithCuda() ?? loadLibtorch(folder)

/** Null for a wheel without CUDA, and where NVIDIA's libraries are missing. */
function loadWithCuda() {
  try {
    return loadLibtorch(folder, { cuda: true })
  } catch {
    return null
  }
}

/** A convolution there and back, and a value that has to be right. */
function works(device: DeviceName): boolean {
  try {
    const torch = new Torch(library, { device })
    const ones = torch.full([1, 1, 4, 4], 1, 'float32')
    const filter = torch.full([1, 1, 3, 3], 1, 'float32')
    const y = torch.call('convolution', ones, filter, null, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
    const sum = torch.call('sum.dim_IntList', y, [0, 1, 2, 3], false, null)
    const read = new Float32Array(new ArrayBuffer(4))
    torch.read(sum, read, [], 'float32')
    return read[0] === 100
  } catch {
    return false
  }
}

const devices = (Object.keys(deviceTypes) as DeviceName[]).filter(works)
if (!devices.includes('cpu')) throw new Error('it computes a convolution of ones wrongly on the CPU')
process.stdout.write(`${JSON.stringify({ version: `${library.version.major}.${library.version.minor}`, devices })}\n`)
