/** Images that cannot be read: they refuse the data set, or are skipped if they are few. */
import { MixflowError } from '@mixflow/core'

export interface BadImage {
  /** Path below the folder or inside the zip. */
  readonly name: string
  readonly reason: string
}

export interface BadImageOptions {
  /** How to handle images that cannot be read: `refuse` the data set, with one error for all of them, or `skip` them. */
  readonly badImages: 'refuse' | 'skip'
  /** With `skip`: the largest fraction of images that may be skipped, 0..1. Above it, the data set is refused. */
  readonly badImagesLimit: number
}

export const defaultBadImages = { badImages: 'refuse', badImagesLimit: 0.1 } as const satisfies BadImageOptions

/** @param total number of images, bad ones included @throws MixflowError DATA_INVALID, with all bad images in `details.bad` */
export function checkBadImages(
  bad: BadImage[],
  { path, total, badImages, badImagesLimit }: BadImageOptions & { readonly path: string; readonly total: number },
): void {
  if (bad.length === 0) return
  bad.sort((a, b) => (a.name < b.name ? -1 : 1))
  const isAllowed = badImages === 'skip' && bad.length < total && bad.length <= badImagesLimit * total
  if (isAllowed) return
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`
  const limit =
    badImages === 'skip' ? `, ${percent(bad.length / total)}; at most ${percent(badImagesLimit)} are skipped` : ''
  const lines = bad.slice(0, 10).map(({ name, reason }) => `${name}: ${reason}`)
  if (bad.length > lines.length) lines.push(`and ${bad.length - lines.length} more`)
  throw new MixflowError('DATA_INVALID', `${bad.length} of ${total} images in ${path} could not be read${limit}`, {
    hint: [...lines, advice(bad.length / total, { badImages, badImagesLimit })],
    details: { bad },
  })
}

function advice(share: number, { badImages, badImagesLimit }: BadImageOptions): string {
  if (share === 1) return 'repair them or use other images: none of these can be read'
  const skip = badImages === 'skip' ? '' : '--bad-images skip'
  const most = share > badImagesLimit ? `--bad-images-limit ${Math.ceil(100 * share)}` : ''
  return `repair or remove them, or leave them out: ${[skip, most].filter(part => part !== '').join(' ')}`
}
