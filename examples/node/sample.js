/** Sixteen pictures of a model as PNG files: `npm start -- <folder or address of a model>` */
import { mkdir, writeFile } from 'node:fs/promises'
import { loadModel } from '@mixflow/sdk-node'

const model = await loadModel(process.argv[2] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

await mkdir('pictures', { recursive: true })
for (const image of images) await writeFile(`pictures/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} pictures, ${nfe} evaluations each, ${milliseconds.toFixed()} ms on ${device}`)
await model.dispose()
