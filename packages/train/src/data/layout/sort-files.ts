/** Tells images from other files: by their endings where these name a format that is read, else by their first bytes. */
import type { DataFile, LeftOutFiles } from '../file-list.ts'
import { endingOf, headBytes, kindOfHead, kindOfName } from '../image-format.ts'
import { inParallel } from '../in-parallel.ts'

/** Files that are never images, so that they need not be opened to know. */
const neverImages = new Set(
  'json jsonl csv tsv txt md html htm xml yaml yml log py ipynb js ts sh ini cfg toml db sqlite npy npz parquet arrow zip gz tar 7z rar mp4 mov avi mkv webm mp3 wav'.split(
    ' ',
  ),
)

/** The images among the files, in the order given; everything else is left out and named. */
export async function sortFiles(files: readonly DataFile[], leftOut: LeftOutFiles): Promise<DataFile[]> {
  const isImage = files.map(({ name }) => kindOfName(name)?.readable ?? false)
  const doubtful = files.flatMap(({ name }, i) => (isImage[i] || neverImages.has(endingOf(name)) ? [] : [i]))
  const heads = new Map<number, Uint8Array>()
  await inParallel(doubtful.length, async n => {
    const i = doubtful[n]!
    // A file that cannot be read is no image as far as its ending tells; the others fail when they are decoded.
    heads.set(i, await files[i]!.head(headBytes).catch(() => new Uint8Array(0)))
  })
  return files.filter(({ name }, i) => {
    if (isImage[i]) return true
    const [named, head] = [kindOfName(name), heads.get(i)]
    // A camera's raw file is a TIFF inside, with a small preview as its first image.
    const kind = (named?.format !== 'camera raw' && head && kindOfHead(head)) || named
    if (kind?.readable) return true
    leftOut.add(kind ? `${kind.format} images, which are not read` : othersReason, name)
    return false
  })
}

export const othersReason = 'other files'
