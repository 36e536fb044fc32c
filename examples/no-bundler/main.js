import { loadModel, MixflowError } from '/node_modules/@mixflow/sdk-web/dist/bundle/mixflow.js'

const canvas = document.querySelector('canvas')
const button = document.querySelector('button')
const status = document.querySelector('output')

try {
  const model = await loadModel('/model/', {
    onProgress: ({ phase, fraction }) => {
      status.value = `Loading, ${phase}: ${Math.round(100 * fraction)} %`
    },
  })
  const { width, height } = model.capabilities().image
  canvas.width = 4 * width
  canvas.height = 4 * height
  const context = canvas.getContext('2d')

  let seed = 42
  const draw = async () => {
    const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed: seed++ })
    for (const [i, image] of images.entries())
      context.putImageData(image.toImageData(), (i % 4) * width, Math.floor(i / 4) * height)
    const { device } = model.capabilities()
    status.value = `${images.length} images, ${nfe} evaluations per image, ${milliseconds.toFixed()} ms on ${device}`
  }
  await draw()
  button.addEventListener('click', draw)
  button.disabled = false
} catch (error) {
  status.value = MixflowError.is(error) ? `${error.message}: ${error.hint}` : String(error)
}
