/** What can be known of setting up MPI without downloading it: which wheels, and which of their files. */

import { describe, expect, it, onTestFinished } from 'vitest'
import { mpichWheel, setUpMpi, targetOf } from './set-up-mpi.ts'

const systems = [
  ['linux', 'x64', 'manylinux_2_28_x86_64'],
  ['linux', 'arm64', 'manylinux_2_28_aarch64'],
  ['darwin', 'arm64', 'macosx_11_0_arm64'],
  ['darwin', 'x64', 'macosx_11_0_x86_64'],
] as const

describe('the wheels of MPICH', () => {
  it('are pinned by sha256, and different files on each platform', () => {
    const all = systems.map(([platform, arch]) => mpichWheel({ platform, arch })!)
    expect(all.map(({ platforms }) => platforms)).toEqual(systems.map(([, , tag]) => [tag]))
    for (const { sha256 } of all) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(all.map(({ sha256 }) => sha256)).size).toBe(systems.length)
  })
})

const data = 'mpich-5.0.2.data/data'

it.each([
  [`${data}/bin/mpiexec`, 'bin/mpiexec'],
  [`${data}/bin/hydra_pmi_proxy`, 'bin/hydra_pmi_proxy'],
  [`${data}/bin/mpicc`, null],
  [`${data}/lib/libmpi_abi.so.1`, 'lib/libmpi_abi.so.1'],
  [`${data}/lib/libmpi_abi.1.dylib`, 'lib/libmpi_abi.1.dylib'],
  [`${data}/lib/libpmpi_abi.1.dylib`, 'lib/libpmpi_abi.1.dylib'],
  [`${data}/lib/libmpi.so.12`, null],
  [`${data}/lib/mpich/libfabric.so.1`, 'lib/mpich/libfabric.so.1'],
  [`${data}/lib/mpich/ucx/libuct_cma.so.0`, 'lib/mpich/ucx/libuct_cma.so.0'],
  [`${data}/include/mpi.h`, null],
  ['mpich-5.0.2.dist-info/licenses/LICENSE', 'licenses/LICENSE'],
  ['mpich-5.0.2.dist-info/RECORD', null],
])('%s is unpacked as %s', (name, target) => {
  expect(targetOf(name)).toBe(target)
})

it('is refused on an unknown system before anything is downloaded', async () => {
  const before = { platform: process.platform, arch: process.arch }
  onTestFinished(() => {
    for (const [key, value] of Object.entries(before)) Object.defineProperty(process, key, { value })
  })
  for (const [key, value] of Object.entries({ platform: 'win32', arch: 'x64' })) {
    Object.defineProperty(process, key, { value })
  }
  await expect(setUpMpi()).rejects.toMatchObject({
    code: 'SETUP_UNSUPPORTED',
    message: 'there is no MPI to set up for win32 on x64',
    hint: expect.stringMatching(/^install Open MPI or MPICH/),
  })
})
