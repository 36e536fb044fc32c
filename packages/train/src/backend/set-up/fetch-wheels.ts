/**
 * Downloads wheels with pip, which is told the sha256 of each; nothing that is fetched is run. Wheels are archives with more than Python in
 * them: PyPI is where shared libraries for machine learning are published, in every version, with hashes.
 */

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { downloadFailed, type Programs, runProgram, type Setting } from './programs.ts'

export interface Wheel {
  readonly name: string
  readonly version: string
  readonly sha256: string
}

/** The systems that wheels may be made for, from the newest to the oldest C library that this one includes. */
const platforms = ['_2_28', '_2_27', '_2_17', '2014', '_2_12', '2010', '_2_5', '1'].map(
  name => `manylinux${name}_x86_64`,
)

/**
 * Downloads wheels into `folder`, unless they are there; pip checks them either way.
 *
 * @param python version of CPython to take wheels for, where they have code for it: `3.11`
 * @returns their paths, in the order of `wheels`
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, SETUP_FAILED, ABORTED
 */
export async function fetchWheels(
  wheels: readonly Wheel[],
  folder: string,
  { pip, python, ...setting }: Pick<Programs, 'pip'> & Setting & { readonly python: string },
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const requirements = join(folder, 'requirements.txt')
  await writeFile(
    requirements,
    wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join(''),
  )
  const args = ['download', '--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:', '--implementation=cp']
  const target = [
    `--python-version=${python}`,
    ...platforms.map(platform => `--platform=${platform}`),
    '--dest',
    folder,
  ]
  await runProgram(pip, [...args, ...target, '-r', requirements], setting).catch(
    downloadFailed(wheels[0]?.name ?? 'a wheel'),
  )
  const files = await readdir(folder)
  return wheels.map(({ name, version }) => {
    const start = `${name.replaceAll('-', '_')}-${version}-`
    return join(folder, files.find(file => file.startsWith(start)) as string)
  })
}
