/** Sixteen pictures of a model as PNG files: `bun start <folder or address of a model>` */
import { loadModel } from '@mixflow/sdk-node'

await using model = await loadModel(Bun.argv[2] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

for (const image of images) await Bun.write(`pictures/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} pictures, ${nfe} evaluations each, ${milliseconds.toFixed()} ms on ${device}`)
