/** The page whose samples are timed: a model on WebAssembly with one thread, in a worker, as users have it. */

import { loadModel, type SampleRequest, type WebModel } from '@mixflow/sdk-web'

let opened: Promise<WebModel> | undefined

const open = () =>
  (opened ??= loadModel('/model/', {
    ...{ device: 'wasm', cache: null },
    runtime: { wasmPaths: '/ort/', threads: 1 },
  }))

const dtype = async () => (await open()).capabilities().dtype

/** What one call spent. */
async function sample(request: SampleRequest) {
  const { nfe, milliseconds } = await (await open()).sample(request)
  return { nfe, milliseconds }
}

export const mixflowPage = { dtype, sample }
Object.assign(globalThis, { mixflowPage })
