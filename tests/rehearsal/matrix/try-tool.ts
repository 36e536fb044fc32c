/** Tries one row with a page: served by its tool, then built and served again, opened in Chromium. */
import { join } from 'node:path'
import { visit } from '../visit.ts'
import { caught, install, type Outcome, type Row, type Trial } from './project.ts'
import { serveFolder } from './serve-folder.ts'
import type { Tool } from './tool.ts'

export async function tryTool(tool: Tool, trial: Trial): Promise<Row> {
  const { version, node, options, run, served } = await install(tool, trial)
  const lookAtBuilt = async (): Promise<Outcome> => {
    if (tool.build !== undefined) await run(tool.build)
    if (tool.built === undefined || 'command' in tool.built)
      return served(tool.built?.command ?? '', address => look(address, trial))
    await using server = await serveFolder(join(options.cwd, tool.built.folder))
    await using cdn = await serveFolder(join(options.cwd, 'node_modules'))
    return await look(server.url, trial, cdn.url)
  }
  const { dev, built } = tool
  return {
    ...{ project: tool, version, node },
    ...(dev !== undefined && { dev: await caught(() => served(dev, address => look(address, trial))) }),
    ...(built !== undefined && { built: await caught(lookAtBuilt) }),
  }
}

/** Opens the page; a development server may reload it once, when it has found what it depends on. */
async function look(address: string, { browser, model, expected }: Trial, cdn = ''): Promise<Outcome> {
  const url = `${address}?${new URLSearchParams({ model: model.url, cdn })}`
  const allow = [model.url, cdn].filter(other => other !== '').map(other => new URL(other).origin)
  const once = async (): Promise<Outcome> => {
    // a slow machine may take minutes to compile a page on its first request
    const seen = await visit(browser, url, { gpu: false, allow, timeout: 240_000 })
    const note = [seen.status, ...seen.problems].join('\n')
    if (!seen.status.startsWith('16 images on wasm')) return { result: 'fails', note }
    const difference = seen.canvas.rgba.map((value, i) => Math.abs(value - expected.rgba[i]!))
    if (difference.length !== expected.rgba.length || Math.max(...difference) > 1)
      return { result: 'fails', note: `other images than in Node\n${note}` }
    return seen.workers > 0 ? { result: 'works', note: seen.problems.join('\n') } : { result: 'without a worker', note }
  }
  const first = await caught(once)
  if (first.result === 'works') return first
  const second = await caught(once)
  const note = `at the second load; at the first: ${first.note}`
  return second.result === 'works' ? { result: 'works once reloaded', note } : first
}
