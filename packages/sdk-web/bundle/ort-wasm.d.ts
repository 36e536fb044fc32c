import type { Ort } from '../src/packed/ort.ts'

export function create(threadScript: string | undefined): Ort
