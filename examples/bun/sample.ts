/** Sixteen images from a model as PNG files: `bun start <folder or URL of a model>` */
import { loadModel } from '@mixflow/sdk-node'

await using model = await loadModel(Bun.argv[2] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

for (const image of images) await Bun.write(`images/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} images, ${nfe} evaluations per image, ${milliseconds.toFixed()} ms on ${device}`)
