/** Finds the imports of TypeScript files by patterns, which suffice because all code has the same format. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { filesBelow, type WorkspacePackage } from './workspace.ts'

export interface Import {
  /** Relative to the package's src, with `/`. */
  readonly file: string
  readonly specifier: string
  /** `import type`, or a type in an `import()`. */
  readonly typeOnly: boolean
  /** A call of `import()`. */
  readonly dynamic: boolean
}

const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const statement = /^(?:import|export)(\s+type)?(?:\s+[^'"`;]*?\sfrom)?\s+'([^']+)'/gm
const call = /(\btypeof\s+)?(?:\bawait\s+)?\bimport\('([^']+)'\)/g

export function importsIn(text: string, file: string): Import[] {
  const code = text.replace(comments, '')
  const found = (pattern: RegExp, dynamic: boolean) =>
    [...code.matchAll(pattern)].map(([, type, specifier]) => ({
      ...{ file, dynamic, specifier: specifier as string, typeOnly: type !== undefined },
    }))
  return [...found(statement, false), ...found(call, true)]
}

/** Whether a file of src is part of tests. */
export const isTest = (file: string): boolean => /\.test\.ts$|(^|\/)fixtures\//.test(file)

export const importsOf = ({ folder }: Pick<WorkspacePackage, 'folder'>): Import[] =>
  filesBelow(join(folder, 'src'))
    .filter(file => /\.tsx?$/.test(file))
    .flatMap(file => importsIn(readFileSync(join(folder, 'src', file), 'utf8'), file))

/** `node:fs/promises` -> `node:`, `@scope/name/part` -> `@scope/name`, `./x.ts` and `#own` -> `.`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('.') || specifier.startsWith('#')) return '.'
  if (specifier.startsWith('node:')) return 'node:'
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Files that import each other, directly or by way of others; imports of types count. Each group sorted, as `a, b, c`. */
export function circlesIn(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>()
  for (const { file, specifier } of imports) {
    if (specifier.startsWith('.')) next.set(file, [...(next.get(file) ?? []), posix.join(file, '..', specifier)])
  }
  const reachable = (from: string) => {
    const found = new Set<string>()
    const open = [from]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      const targets = (next.get(file) ?? []).filter(target => !found.has(target))
      for (const target of targets) found.add(target)
      open.push(...targets)
    }
    return found
  }
  const reached = new Map([...next.keys()].map(file => [file, reachable(file)]))
  const circle = (file: string) =>
    [...next.keys()].filter(other => reached.get(file)?.has(other) && reached.get(other)?.has(file))
  return [...new Set([...next.keys()].map(file => circle(file).sort().join(', ')))].filter(files => files !== '')
}
