/** Sixteen images from a model as PNG files: `npm start -- <folder or URL of a model>` */
import { mkdir, writeFile } from 'node:fs/promises'
import { loadModel } from '@mixflow/sdk-node'

const model = await loadModel(process.argv[2] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

await mkdir('images', { recursive: true })
for (const image of images) await writeFile(`images/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} images, ${nfe} evaluations per image, ${milliseconds.toFixed()} ms on ${device}`)
await model.dispose()
