/** TypeDoc generates the reference without warnings: no dead links, no undocumented functions, one page per entry. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from './workspace/run.ts'
import { packages, root } from './workspace/workspace.ts'

const out = await mkdtemp(join(tmpdir(), 'mixflow-reference-'))
afterAll(() => rm(out, { recursive: true, force: true }))

test('TypeDoc generates the reference without warnings', async () => {
  const docs = join(root, 'docs')
  await run(join(docs, 'node_modules', '.bin', 'typedoc'), ['--out', out, '--logLevel', 'Warn'], { cwd: docs })
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      // files such as './worker.js' have the API of the entry that they are built from
      .filter(entry => !/\.(js|json)$/.test(entry))
      .map(entry => join(manifest.name, entry)),
  )
  const pages = await readdir(join(out, 'modules'))
  expect(pages.sort()).toEqual(entries.map(entry => `${entry.replaceAll(/[@/]/g, '_')}.html`).sort())
  const page = await readFile(join(out, 'functions', '_mixflow_core.kappaFc.html'), 'utf8')
  expect(page).toContain('the source conditioned on a signal κ')
})
