import { resolve } from 'node:path'

export default {
  entry: './src/index.js',
  output: { path: resolve('public/build'), clean: true },
  performance: { hints: false }, // ONNX Runtime's WebAssembly is large, and fetched when it is needed
}
