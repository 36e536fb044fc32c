export type { ServableModel } from './batching/model-runner.ts'
export type { ServeOptions } from './options.ts'
export { type Log, type LogRecord, logLine } from './options.ts'
export { type RunningServer, serve } from './serve.ts'
