export type { ServableModel } from './batching/model-runner.ts'
export { type Log, type LogRecord, logLine } from './http/log.ts'
export type { ServeOptions } from './options.ts'
export { type RunningServer, serve } from './serve.ts'
