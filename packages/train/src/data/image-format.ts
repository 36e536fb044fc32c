/**
 * Detects image formats by signature or by file extension. Extensions alone are unreliable: a `.jpg` of a web page is often WebP,
 * and downloaded files often have none.
 */

/** Formats that `decodeImage` reads. */
export const readableFormats = ['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF', 'BMP', 'PPM'] as const

interface FileKind {
  /** Name of the image format, such as `JPEG` or `HEIC`. */
  readonly format: string
  readonly readable: boolean
}

/** Number of first bytes that determine the format. */
export const headBytes = 64

const byEnding: Readonly<Record<string, string>> = {
  ...spread('JPEG', 'jpg jpeg jpe jfif jif jfi pjpeg pjp'),
  ...spread('PNG', 'png apng'),
  ...{ webp: 'WebP', gif: 'GIF', tif: 'TIFF', tiff: 'TIFF', avif: 'AVIF' },
  ...spread('BMP', 'bmp dib'),
  ...spread('PPM', 'ppm pgm pbm pnm'),
  ...{ pam: 'PAM', pfm: 'PFM' },
  ...spread('JPEG 2000', 'jp2 j2k jpf jpx jpm j2c jpc'),
  ...spread('HEIC', 'heic heif hif'),
  ...spread('camera raw', 'dng cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef srw x3f 3fr erf mrw'),
  ...spread('SVG', 'svg svgz'),
  ...{ jxl: 'JPEG XL', jxr: 'JPEG XR', wdp: 'JPEG XR', hdp: 'JPEG XR', exr: 'OpenEXR', hdr: 'Radiance HDR' },
  ...{ psd: 'Photoshop', psb: 'Photoshop', xcf: 'GIMP', tga: 'TGA', ico: 'ICO', cur: 'ICO', pcx: 'PCX', qoi: 'QOI' },
  ...{ dds: 'DDS', fits: 'FITS', fit: 'FITS', dcm: 'DICOM', eps: 'PostScript', pdf: 'PDF', bpg: 'BPG', flif: 'FLIF' },
  ...{ icns: 'ICNS', xbm: 'XBM', xpm: 'XPM', wmf: 'WMF', emf: 'EMF', ras: 'Sun raster', sgi: 'SGI', mpo: 'JPEG' },
}

function spread(format: string, endings: string): Record<string, string> {
  return Object.fromEntries(endings.split(' ').map(ending => [ending, format]))
}

/** Extension of a file name in lower case, without the dot; empty if there is none. */
export const endingOf = (name: string): string => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''

const kind = (format: string): FileKind => ({
  format,
  readable: (readableFormats as readonly string[]).includes(format),
})

/** The image format of a file extension; null for other files. */
export function kindOfName(name: string): FileKind | null {
  const format = Object.hasOwn(byEnding, endingOf(name)) ? byEnding[endingOf(name)] : undefined
  return format === undefined ? null : kind(format)
}

/** The image format of a file's first bytes; null if unknown. */
export function kindOfHead(head: Uint8Array): FileKind | null {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, headBytes)).toString('latin1')
  const format =
    signatures.find(parts => parts.slice(1).some(start => text.startsWith(start)))?.[0] ?? longerSignature(text)
  return format === undefined ? null : kind(format)
}

/** Formats and their signatures (latin1). */
const signatures: readonly (readonly [string, ...string[]])[] = [
  ['JPEG', '\xff\xd8\xff'],
  ['PNG', '\x89PNG\r\n\x1a\n'],
  ['GIF', 'GIF87a', 'GIF89a'],
  ['TIFF', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  ['JPEG 2000', '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['JPEG XL', '\xff\x0a', '\0\0\0\x0cJXL '],
  ['JPEG XR', 'II\xbc'],
  ['Photoshop', '8BPS'],
  ['GIMP', 'gimp xcf'],
  ['QOI', 'qoif'],
  ['DDS', 'DDS '],
  ['OpenEXR', '\x76\x2f\x31\x01'],
  ['Radiance HDR', '#?RADIANCE', '#?RGBE'],
  ['ICO', '\0\0\x01\0'],
  ['PDF', '%PDF'],
  ['camera raw', 'FUJIFILMCCD-RAW'],
]

/** Formats whose signature is more than a prefix. */
function longerSignature(text: string): string | undefined {
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'WebP'
  // the size of the second header, of at most 124 bytes
  if (text.startsWith('BM') && text.startsWith('\0\0\0', 15) && text.charCodeAt(14) <= 124) return 'BMP'
  if (/^P[1-6]\s*(\s\d|#)/.test(text)) return 'PPM'
  if (/^P[7Ff]\s/.test(text)) return text[1] === '7' ? 'PAM' : 'PFM'
  if (/^\W*(<\?xml.*)?<(svg|!DOCTYPE svg)/is.test(text)) return 'SVG'
  return text.startsWith('ftyp', 4) ? isoMedia(text.slice(8)) : undefined
}

/** HEIC and AVIF share a container and differ in its brands. */
function isoMedia(brands: string): string | undefined {
  if (/avi[fs]/.test(brands)) return 'AVIF'
  if (brands.startsWith('crx ')) return 'camera raw'
  return /hei[cxms]|hev[cxms]|mif1|msf1/.test(brands) ? 'HEIC' : undefined
}
