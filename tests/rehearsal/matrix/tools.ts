/** The whole matrix. */
import { bundlers } from './bundlers.ts'
import { frameworks } from './frameworks.ts'
import type { Tool } from './tool.ts'

export const tools: readonly Tool[] = [...bundlers, ...frameworks]
