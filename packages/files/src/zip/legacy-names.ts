/**
 * Names of zip entries in none of the encodings of the format. Windows writes them in the code page of its country: the bytes do not say
 * which, so it is guessed from all such names of a zip together.
 *
 * The rule: CP437 if all of them look like Western words in it. Otherwise Shift-JIS or GBK, if all are valid in it and three quarters of
 * their double-byte characters are common ones (kana and kanji of level 1; hanzi of level 1); of two, the one with the larger share.
 * Otherwise CP437.
 *
 * Source: JIS X 0208 and GB 2312, whose levels order characters by use. Not recognised: Big5, EUC-KR, Windows-1252, CP866.
 */

export type LegacyEncoding = 'CP437' | 'Shift-JIS' | 'GBK'

export interface LegacyNames {
  readonly encoding: LegacyEncoding
  decode(name: Uint8Array): string
}

const leastShare = 0.75

/** Returns the encoding that the names are probably in, and its decoder. */
export function legacyNames(names: readonly Uint8Array[]): LegacyNames {
  const cp437 = { encoding: 'CP437', decode: cp437Text } as const
  if (names.every(name => isWestern(cp437Text(name)))) return cp437
  let best: LegacyNames = cp437
  let bestShare = leastShare
  for (const candidate of doubleByte) {
    const decode = decoderOf(candidate.label, names)
    const share = decode === null ? 0 : shareOfCommon(names, candidate)
    if (decode === null || share < bestShare) continue
    best = { encoding: candidate.encoding, decode }
    bestShare = share
  }
  return best
}

const accented = /[À-ÿ]/

/**
 * Whether text in CP437 looks like Western words: accented letters are its only characters beyond ASCII; a word has at least as many plain
 * letters as accented ones, and no capital behind a small letter.
 */
function isWestern(text: string): boolean {
  if (/[^\0-\x7fÀ-ÿ]|[×÷]/.test(text)) return false
  return (text.match(/[a-zÀ-ÿ]+/gi) ?? []).every(word => {
    const letters = [...word].filter(letter => accented.test(letter)).length
    return letters === 0 || word.length === 1 || (2 * letters <= word.length && !/\p{Ll}\p{Lu}/u.test(word))
  })
}

interface DoubleByte {
  readonly encoding: LegacyEncoding
  /** For TextDecoder. */
  readonly label: string
  /** Whether a byte above 127 is a character by itself. */
  isSingle(byte: number): boolean
  /** Whether a character of two bytes is in common use. */
  isCommon(lead: number, trail: number): boolean
}

const doubleByte: readonly DoubleByte[] = [
  {
    ...{ encoding: 'Shift-JIS', label: 'shift_jis' },
    isSingle: byte => byte >= 0xa1 && byte <= 0xdf,
    // punctuation, digits and letters, hiragana, katakana; kanji of level 1
    isCommon: lead => (lead >= 0x81 && lead <= 0x83) || (lead >= 0x88 && lead <= 0x97),
  },
  {
    ...{ encoding: 'GBK', label: 'gbk' },
    isSingle: byte => byte === 0x80,
    // punctuation, digits and letters; hanzi of level 1
    isCommon: (lead, trail) => trail >= 0xa1 && (lead === 0xa1 || lead === 0xa3 || (lead >= 0xb0 && lead <= 0xd7)),
  },
]

/** Null if a name is not valid, or the runtime does not know the encoding. */
function decoderOf(label: string, names: readonly Uint8Array[]): LegacyNames['decode'] | null {
  try {
    const decoder = new TextDecoder(label, { fatal: true })
    for (const name of names) decoder.decode(name)
    return name => decoder.decode(name)
  } catch {
    return null
  }
}

function shareOfCommon(names: readonly Uint8Array[], { isSingle, isCommon }: DoubleByte): number {
  let [all, common] = [0, 0]
  for (const name of names) {
    for (let i = 0; i < name.length; i++) {
      const byte = name[i]!
      if (byte < 0x80) continue
      all++
      if (!isSingle(byte) && isCommon(byte, name[++i]!)) common++
    }
  }
  return common / all
}

const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const cp437Text = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => (byte < 128 ? String.fromCharCode(byte) : upperHalf[byte - 128]!)).join('')
