/** What can be known of setting up libtorch without downloading it: which wheels, and which of their files. */

import { describe, expect, it, onTestFinished } from 'vitest'
import { setUpTorch, targetOf } from './set-up-torch.ts'
import { torchVersion, torchWheels } from './torch-wheels.ts'

const systems = [
  ['linux', 'x64', 'cpu', 'manylinux_2_28_x86_64'],
  ['linux', 'x64', 'cuda', 'manylinux_2_28_x86_64'],
  ['linux', 'arm64', 'cpu', 'manylinux_2_28_aarch64'],
  ['darwin', 'arm64', 'cpu', 'macosx_14_0_arm64'],
  ['win32', 'x64', 'cpu', 'win_amd64'],
] as const

describe('the wheels of libtorch', () => {
  it.each(systems)('for %s on %s (%s) are pinned by sha256, for %s', (platform, arch, kind, tag) => {
    const { wheels, platforms } = torchWheels(kind, { platform, arch } as NodeJS.Process)!
    expect(wheels[0]).toMatchObject({ name: 'torch', version: torchVersion })
    for (const { sha256 } of wheels) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(platforms).toContain(tag)
    expect(wheels.some(({ name }) => name.includes('nvidia'))).toBe(platform === 'linux')
  })

  it('are different files on each platform', () => {
    const all = systems.map(([platform, arch, kind]) => torchWheels(kind, { platform, arch } as NodeJS.Process)!)
    expect(new Set(all.map(({ wheels }) => wheels[0]!.sha256)).size).toBe(4)
  })
})

describe('the unpacked files', () => {
  it.each([
    ['torch/lib/libtorch_cpu.so', 'libtorch_cpu.so', 'libtorch_cpu.so'],
    ['torch/lib/libgomp.so.1', 'libgomp.so.1', 'libgomp.so.1'],
    ['torch/lib/libtorch_cpu.dylib', 'libtorch_cpu.dylib', 'libtorch_cpu.dylib'],
    ['torch/lib/c10.dll', 'c10.dll', 'c10.dll'],
    ['torch/lib/libtorch_cuda.so', null, 'libtorch_cuda.so'],
    ['torch/lib/libtorch_python.so', null, null],
    ['torch/lib/torch_python.dll', null, null],
    ['torch/lib/torch_cpu.lib', null, null],
    ['torch/_C.cpython-311-darwin.so', null, null],
    ['nvidia/cu13/lib/libcudart.so.13', 'libcudart.so.13', 'libcudart.so.13'],
    ['torch/include/ATen/Tensor.h', null, null],
  ])('of %s: %s, with CUDA %s', (name, cpu, cuda) => {
    expect([targetOf('cpu')(name), targetOf('cuda')(name)]).toEqual([cpu, cuda])
  })
})

it.each([
  ['freebsd', 'x64', false, /no libtorch to set up for freebsd on x64/, /^pip install torch/],
  [
    'darwin',
    'arm64',
    true,
    /no libtorch with CUDA to set up for darwin on arm64/,
    /^leave out --gpu, or pip install torch/,
  ],
])('is refused on %s %s (CUDA: %s) before anything is downloaded', async (platform, arch, cuda, message, hint) => {
  const before = { platform: process.platform, arch: process.arch }
  onTestFinished(() => {
    for (const [key, value] of Object.entries(before)) Object.defineProperty(process, key, { value })
  })
  for (const [key, value] of Object.entries({ platform, arch })) Object.defineProperty(process, key, { value })
  await expect(setUpTorch({ cuda })).rejects.toMatchObject({
    code: 'SETUP_UNSUPPORTED',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })
})
