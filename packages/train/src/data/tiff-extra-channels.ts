/**
 * Whether a TIFF has channels beside its colours that are not transparency: infrared, masks, measurements. libvips takes
 * any such channel for transparency.
 *
 * Source: TIFF 6.0, tag 338 (ExtraSamples). Left out: BigTIFF and pages after the first.
 */

/** False also where the file cannot be followed: then it fails when it is decoded. */
export function hasUnknownChannels(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const little = file[0] === 0x49
  const short = (at: number) => (at + 2 <= file.length ? view.getUint16(at, little) : 0)
  const long = (at: number) => (at + 4 <= file.length ? view.getUint32(at, little) : 0)
  if (short(2) !== 42) return false
  const directory = long(4)
  const tags = new Map<number, number>()
  for (let i = 0; i < short(directory); i++) {
    const at = directory + 2 + 12 * i
    const count = long(at + 4)
    tags.set(short(at), count > 2 ? short(long(at + 8)) : short(at + 8))
  }
  const [photometric, samples = 1, extra = 0] = [262, 277, 338].map(tag => tags.get(tag))
  const colours = photometric === 2 || photometric === 6 || photometric === 8 ? 3 : photometric === 5 ? 4 : 1
  return samples > colours && extra !== 1 && extra !== 2
}
