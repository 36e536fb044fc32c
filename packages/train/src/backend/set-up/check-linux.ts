/** What is set up comes from wheels for one kind of system. */

import { MixflowError } from '@mixflow/core'

/** @throws MixflowError SETUP_UNSUPPORTED unless this is Linux on x64 with the GNU C library */
export function checkLinux(what: string, elsewhere: string): void {
  const { platform, arch } = process
  const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime
  if (platform === 'linux' && arch === 'x64' && glibc !== undefined) return
  const here = `${platform} on ${arch}${platform === 'linux' && glibc === undefined ? ' with musl' : ''}`
  throw new MixflowError('SETUP_UNSUPPORTED', `setting up ${what} is for Linux on x64 with glibc, this is ${here}`, {
    hint: elsewhere,
    details: { platform, arch },
  })
}
