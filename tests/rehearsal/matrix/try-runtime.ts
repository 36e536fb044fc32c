/** Tries one row without a page: its script writes the image, or its server answers with it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { caught, install, type Outcome, type Row, type Trial } from './project.ts'
import type { Runtime } from './tool.ts'

export async function tryRuntime(runtime: Runtime, trial: Trial): Promise<Row> {
  const env = { ...trial.env, MODEL: trial.model.folder }
  const { version, node, options, run, served } = await install(runtime, { ...trial, env })
  const { script, dev, build, built, answers = {} } = runtime
  const runScript = async (): Promise<Outcome> => {
    for (const command of script ?? []) await run(command)
    return compare(await readFile(join(options.cwd, 'image.png')), trial)
  }
  const ask = async (address: string): Promise<Outcome> => {
    for (const [path, answer] of Object.entries(answers)) {
      const outcome = await askFor(`${address}${path}`, answer, trial)
      if (outcome.result !== 'works') return { ...outcome, note: `/${path}: ${outcome.note}` }
    }
    return { result: 'works', note: '' }
  }
  const askBuilt = async (command: string) => {
    if (build !== undefined) await run(build)
    return served(command, ask)
  }
  return {
    ...{ project: runtime, version, node },
    ...(script !== undefined && { dev: await caught(runScript) }),
    ...(dev !== undefined && { dev: await caught(() => served(dev, ask)) }),
    ...(built !== undefined && { built: await caught(() => askBuilt(built)) }),
  }
}

async function askFor(url: string, answer: 'png' | { readonly code: string }, trial: Trial): Promise<Outcome> {
  const response = await fetch(url)
  if (response.headers.get('content-type') === 'image/png' && answer === 'png')
    return compare(Buffer.from(await response.arrayBuffer()), trial)
  const text = await response.text()
  const code = answer !== 'png' && text.startsWith('{') ? JSON.parse(text).code : undefined
  return answer !== 'png' && code === answer.code
    ? { result: 'works', note: '' }
    : { result: 'fails', note: `${response.status}: ${text.slice(0, 2000)}` }
}

const compare = (png: Uint8Array, { expected }: Trial): Outcome =>
  Buffer.compare(png, expected.png) === 0
    ? { result: 'works', note: '' }
    : { result: 'fails', note: 'another image than by the sources' }
