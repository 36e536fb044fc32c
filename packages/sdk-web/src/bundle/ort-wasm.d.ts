import type { Ort } from '../packed/ort.ts'

export function create(threadScript: string | undefined): Ort
