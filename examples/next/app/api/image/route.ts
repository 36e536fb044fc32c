import { join } from 'node:path'
import { loadModel, MixflowError, type NodeModel } from '@mixflow/sdk-node'

let model: Promise<NodeModel> | undefined

/** In a worker, which keeps the server's main thread free. */
const loadOnce = () => (model ??= loadModel(join(process.cwd(), 'public', 'model'), { workers: 1 }))

/** `/api/image?seed=7` returns image 0 of that seed as a PNG file. */
export async function GET(request: Request): Promise<Response> {
  try {
    const seed = Number(new URL(request.url).searchParams.get('seed') ?? 42)
    const { images } = await (await loadOnce()).sample({ count: 1, nfe: 5, seed, signal: request.signal })
    return await images[0]!.toResponse({ headers: { 'cache-control': 'public, max-age=86400' } })
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    return Response.json(
      { code: error.code, message: error.message },
      { status: error.code === 'REQUEST_INVALID' ? 400 : 500 },
    )
  }
}
