/** The whole matrix: tools with a page, and runtimes. */
import { bundlers } from './bundlers.ts'
import { frameworks } from './frameworks.ts'
import { runtimes } from './runtimes.ts'
import type { Tool } from './tool.ts'

const tools: readonly Tool[] = [...bundlers, ...frameworks]

/** By the name of the table. */
export const tables = { matrix: tools, runtimes } as const
