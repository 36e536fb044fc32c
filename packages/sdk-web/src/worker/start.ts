/** What the worker of `loadModel` runs. */
import { serveModels } from './serve.ts'

serveModels()
