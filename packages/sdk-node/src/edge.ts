/**
 * The package's entry on the Edge runtime of Next and on Cloudflare Workers, which support neither native addons nor a file
 * system: the same exports, so that a route builds, but each call fails with an explanation. Bundlers select it by the
 * conditions `edge-light` and `workerd`.
 */
import { MixflowError, SampledImage } from '@mixflow/core'

function unsupported(what: string): MixflowError {
  return new MixflowError(
    'RUNTIME_UNSUPPORTED',
    `${what} needs Node: the Edge runtime cannot load ONNX Runtime for Node`,
    {
      hint: "in Next, write export const runtime = 'nodejs' in this route; elsewhere, call a server (npx mixflow serve), or sample in the page with @mixflow/sdk-web",
    },
  )
}

export const loadModel = async (): Promise<never> => {
  throw unsupported('loadModel')
}
export const deviceProblem = async (): Promise<never> => {
  throw unsupported('deviceProblem')
}
export const encodePng = (): never => {
  throw unsupported('encodePng')
}
export const defaultCacheDir = (): never => {
  throw unsupported('defaultCacheDir')
}
export { MixflowError, SampledImage as NodeImage }
