/** Writes every figure of the guide, from fixed seeds: `npx -y pnpm@12 --filter @mixflow/docs run figures` */
import { mkdir, writeFile } from 'node:fs/promises'
import { dataFlowDiagram, packageDiagram } from './diagrams.ts'
import { digitFigures } from './digits.ts'
import { flowFigures } from './flows.ts'

const folder = new URL('../guide/images/', import.meta.url)
await mkdir(folder, { recursive: true })
const drawings = { packages: packageDiagram(), 'data-flow': dataFlowDiagram(), ...(await flowFigures(2000)) }
for (const [name, drawing] of Object.entries(drawings)) await writeFile(new URL(`${name}.svg`, folder), drawing)
for (const [name, png] of Object.entries(await digitFigures())) await writeFile(new URL(`${name}.png`, folder), png)
