/** The page that every tool of the matrix builds: sixteen images of a model on another origin. */

/** A module whose `draw` fills the page's canvas and says in its output how that went. Where a server renders, it is imported there, too. */
export const drawModule = `// @ts-nocheck
import { loadModel } from '@mixflow/sdk-web'

export async function draw() {
  const output = document.querySelector('output')
  try {
    const model = await loadModel(new URLSearchParams(location.search).get('model'))
    const { width, height } = model.capabilities().image
    const { images } = await model.sample({ count: 16, nfe: 5, seed: 42 })
    const canvas = document.querySelector('canvas')
    canvas.width = 4 * width
    canvas.height = 4 * height
    const context = canvas.getContext('2d')
    for (const [i, image] of images.entries())
      context.putImageData(image.toImageData(), (i % 4) * width, Math.floor(i / 4) * height)
    const { device, note = '' } = model.capabilities()
    output.textContent = \`16 images on \${device} \${note}\`
  } catch (error) {
    output.textContent = \`\${error.code ?? error.name}: \${error.message}\`
  }
}
`

/** The same as the page's only script. */
export const mainModule = `${drawModule}
draw()
`

export const body = '<canvas></canvas><output>Loading</output>'

/** @param rest of the body: the script */
export const html = (rest: string) =>
  `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>MixFlow</title><link rel="icon" href="data:,"></head>
  <body>${body}${rest}</body>
</html>
`

export const moduleTag = (address: string) => `<script type="module" src="${address}"></script>`

/** A page without a bundler, which takes the one file for pages from a CDN. */
export const cdnPage = html(`<script type="module">
const { loadModel } = await import(\`\${new URLSearchParams(location.search).get('cdn')}@mixflow/sdk-web/dist/bundle/mixflow.js\`)
${mainModule.replace(/^import .*$/m, '')}
</script>`)
