/** Made of the packages in models/ by `npx -y pnpm@12 zoo`: not to be edited. */
import type { ZooModel } from './zoo-model.ts'

export const models: readonly ZooModel[] = []
