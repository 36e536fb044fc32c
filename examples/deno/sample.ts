/** Sixteen images from a model as PNG files: `deno task start <folder of a model>` */
import { loadModel } from '@mixflow/sdk-node'

await using model = await loadModel(Deno.args[0] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

await Deno.mkdir('images', { recursive: true })
for (const image of images) await Deno.writeFile(`images/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} images, ${nfe} evaluations per image, ${milliseconds.toFixed()} ms on ${device}`)
