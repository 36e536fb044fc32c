/** Sixteen pictures of a model as PNG files: `deno task start <folder of a model>` */
import { loadModel } from '@mixflow/sdk-node'

await using model = await loadModel(Deno.args[0] ?? './model')
const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: 42 })

await Deno.mkdir('pictures', { recursive: true })
for (const image of images) await Deno.writeFile(`pictures/${image.index}.png`, await image.toPng())

const { device } = model.capabilities()
console.log(`${images.length} pictures, ${nfe} evaluations each, ${milliseconds.toFixed()} ms on ${device}`)
