/** The fenced code blocks of a Markdown file. */
import { readFile } from 'node:fs/promises'

export interface CodeBlock {
  readonly language: string
  /** Words after the language on the fence. */
  readonly words: readonly string[]
  readonly code: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** Language of the block that follows immediately. */
  readonly follower: string | undefined
}

export async function codeBlocks(path: string): Promise<CodeBlock[]> {
  const text = await readFile(path, 'utf8')
  const fences = text.matchAll(/^```(\w*)([^\n]*)\n([\s\S]*?)^```$(?:\n\n?(?=```(\w+)))?/gm)
  return [...fences].map(({ 1: language = '', 2: words = '', 3: code = '', 4: follower, index }) => ({
    ...{ language, code, follower },
    words: words.split(' ').filter(word => word !== ''),
    line: text.slice(0, index).split('\n').length,
  }))
}
