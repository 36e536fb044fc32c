/** `mixflow verify` on the fixtures of the reference, on changed copies, on new fixtures, and on damaged ones. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseSafetensors } from '@mixflow/core/internal'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../../run.ts'
import { writeEncoder, writeLoss, writeSolvers, writeSongUnet } from './fixtures/unseen.ts'
import { changeJson, copyFolder, nudgeTensor, writeJson } from './fixtures/write-fixture.ts'
import { verify } from './verify-command.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-verify-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())
beforeAll(() => useOnnxBackend())

let made = 0
function newFolder(): string {
  const folder = join(root, String(++made))
  mkdirSync(folder)
  return folder
}

/** Runs the command in this process and catches what it writes. */
async function mixflow(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      written[name] += text
      return true
    })
  }
  const code = await run(['verify', ...args, '--threads', '1'])
  vi.restoreAllMocks()
  return { code, ...written }
}

/** Quantities that exceed their tolerance, or why a fixture was refused. */
async function failedOf(folder: string): Promise<string[]> {
  const results = await verify(folder)
  return results.flatMap(({ quantities, refused }) => [
    ...quantities.filter(({ ok }) => !ok).map(({ quantity }) => quantity),
    ...(refused === null ? [] : [refused.message]),
  ])
}

// ---- the reference -------------------------------------------------------------------------------------------------

const shared = resolve(import.meta.dirname, '../../../../../../shared/reference')
const isThere = existsSync(shared)
if (!isThere) console.warn(`skipped: ${shared} not found`)
const groups = isThere
  ? readdirSync(shared, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
  : []

describe.skipIf(!isThere)('on the reference', () => {
  it.each(groups)('%s: everything is within tolerance', async group => {
    const results = await verify(join(shared, group))
    const failed = results.flatMap(({ quantities }) => quantities.filter(({ ok }) => !ok))
    expect(failed).toEqual([])
    expect(results.flatMap(({ refused }) => refused ?? [])).toEqual([])
    const { length } = results.flatMap(({ quantities }) => quantities)
    expect(length).toBeGreaterThan(10)
  })

  it('prints a table and a summary', async () => {
    const { code, stdout, stderr } = await mixflow(join(shared, 'optim'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^case +quantity +max abs +max rel +tolerance$/m)
    expect(stdout).toMatch(/^adam_warmup +rates +0 +0 +abs 1e-11 or rel 1e-11 +ok$/m)
    expect(stdout).toMatch(/^not covered: adamw_cosine: rates \(/m)
    expect(stdout).toMatch(/\n11 quantities compared: all within tolerance\n$/)
  })

  it('prints JSON, also for a single fixture', async () => {
    const { code, stdout } = await mixflow(join(shared, 'optim', 'optim.json'), '--json')
    const { ok, compared, fixtures } = JSON.parse(stdout)
    expect({ code, ok, compared }).toEqual({ code: 0, ok: true, compared: 11 })
    expect(fixtures[0].quantities[0]).toMatchObject({
      subject: 'adam_warmup',
      quantity: 'rates',
      absolute: 0,
      ok: true,
    })
  })

  it.each<[string, string, string, RegExp]>([
    ['loss', 'loss.safetensors', 'blocked_gradient.x0', /tolerance exceeded: x0 of blocked_gradient\n/],
    ['loss', 'loss.safetensors', 'tanh_sample.grad.A', /tolerance exceeded: grad\.A of tanh_sample\n/],
    ['solvers', 'solvers.safetensors', 'manual_heun.5.trajectory', /trajectory of manual_heun 5\n/],
    ['solvers', 'solvers.safetensors', 'curvature.128.f64', /tensor curvature\.128\.f64 of curvature 128\n/],
    ['optim', 'optim.safetensors', 'adam_big.ema', /moving average after each step of adam_big\n/],
    ['metrics', 'metrics.safetensors', 'dead_features.cov2', /covariance 2 of dead_features\n/],
    ['resnet', 'resnet56-io.safetensors', 'logits', /logits of resnet56-io\n/],
    ['songunet', 'songunet-a.io.safetensors', 'output.velocity_scalar_t', /output\.velocity_scalar_t of songunet a\n/],
    [
      'songunet',
      'songunet-a.intermediates.safetensors',
      'map_noise_cos_sin',
      /output of map_noise_cos_sin \(worst of 21\) of songunet a\n/,
    ],
    [
      'encoder',
      'encoder-f.io.safetensors',
      'grad.network.conv_in.weight',
      /grad\.network\.conv_in\.weight of encoder f\n/,
    ],
    [
      'ckpt',
      'tiny-lightning.expected.safetensors',
      'output.velocity.ema.module',
      /ema\.module of tiny-lightning\.ckpt, ema\n/,
    ],
  ])('%s: a change in %s, %s, fails by name', async (group, file, name, message) => {
    // one case of those that have a file each
    const only = { songunet: /^songunet-a\./, encoder: /^encoder-f\./ }[group] ?? /./
    const folder = copyFolder(join(shared, group), join(newFolder(), group), entry => only.test(entry))
    nudgeTensor(join(folder, file), name)
    const { code, stdout, stderr } = await mixflow(folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(stderr).toContain('VERIFY_FAILED')
    expect(stdout).toMatch(/ FAILED\n/)
    expect(stdout).toMatch(/ quantities compared: 1 failed\n$/)
  })

  it.each([
    ['loss', 'loss.json', 'cases.0.scalars.kl', 6.3, 'KL'],
    ['solvers', 'solvers.json', 'fixed_step.7.nfe', 7, 'evaluations'],
    ['metrics', 'metrics.json', 'frechet.cases.0.frechet_distance', 7.6291, 'Fréchet distance'],
    ['ckpt', 'ckpt.json', 'bad.0.file', 'mini-good.ckpt', 'refused as malicious'],
  ])('%s: a change in %s, %s, fails', async (group, file, keyPath, value, quantity) => {
    const folder = copyFolder(join(shared, group), join(newFolder(), group))
    changeJson(join(folder, file), keyPath, value)
    expect(await failedOf(folder)).toContain(quantity)
  })

  it('cases may be fewer and in another order', async () => {
    const folder = copyFolder(join(shared, 'optim'), newFolder())
    const path = join(folder, 'optim.json')
    const { cases } = JSON.parse(readFileSync(path, 'utf8'))
    changeJson(path, 'cases', [cases[3], cases[1]])
    changeJson(path, 'seed', 5)
    changeJson(path, 'tensors', undefined)
    const [result] = await verify(folder)
    expect(result?.quantities.every(({ ok }) => ok)).toBe(true)
    expect(result?.quantities).toHaveLength(5)
    expect(result?.notCovered.at(-1)?.what).toMatch(/adam_/)
  })
})

// ---- new fixtures ----------------------------------------------------------------------------------------------------

const unseen = { solvers: writeSolvers, loss: writeLoss, songunet: writeSongUnet, encoder: writeEncoder }

describe.each(Object.entries(unseen))('a fixture of %s with other sizes, options and names', (_, write) => {
  it('is completely within tolerance', async () => {
    const folder = newFolder()
    write(folder)
    const [result, ...more] = await verify(folder)
    expect(more).toEqual([])
    expect(result?.refused).toBeNull()
    expect(result?.quantities.filter(({ ok }) => !ok)).toEqual([])
    expect(result?.quantities.length).toBeGreaterThan(5)
    expect(result?.notCovered).toEqual([])
  })
})

it.each([
  ['solvers', writeSolvers, 'others.safetensors'],
  ['loss', writeLoss, 'loss.safetensors'],
  ['encoder', writeEncoder, 'io.safetensors'],
] as const)('a change in any tensor of %s fails', async (_, write, file) => {
  const source = newFolder()
  write(source)
  const { tensors } = parseSafetensors(new Uint8Array(readFileSync(join(source, file))))
  expect(tensors.size).toBeGreaterThan(4)
  for (const name of tensors.keys()) {
    const folder = copyFolder(source, newFolder())
    nudgeTensor(join(folder, file), name)
    expect(await failedOf(folder), name).not.toEqual([])
  }
})

// ---- refused -------------------------------------------------------------------------------------------------------

describe('an unsupported fixture is refused by name', () => {
  it.each<[string, string, unknown, RegExp]>([
    ['a group that is not known', 'group', 'losses', /unknown group "losses"\n {2}did you mean "loss"\?/],
    ['a field', 'temperature', 1, /loss\.json: unknown field "temperature"/],
    ['a field of a case', 'cases.0.guidance', 2, /case of noise, two channels: unknown field "guidance"/],
    ['a switch of a case', 'cases.0.options', { snr: 1 }, /options: unknown field "snr"/],
    ['another kind of κ', 'cases.0.input_mode', 'depth', /input_mode: Invalid option/],
    ['a tensor that is not known', 'cases.0.tensors', ['x_1'], /unknown tensor "x_1"/],
    ['a tensor that is not there', 'cases.0.name', 'other', /there is no tensor other\.x0/],
    ['another shape', 'tensors/draw.t/shape', [4], /draw\.t is F32 \[3\], but the JSON declares float32 \[4\]/],
    ['another formula', 'toy_networks.denoiser', 'v = x', /toy_networks\.denoiser: Invalid input/],
    ['a contradiction', 'cases.0.mix_w', false, /contradicts itself: mix_w and w/],
    ['weights that do not fit', 'cases.0.encoder_weights', ['weights', 'D'], /cannot be computed: /],
    ['nothing to compare', 'cases', [], /nothing to compare/],
  ])('loss: %s', async (_, keyPath, value, message) => {
    const folder = newFolder()
    writeLoss(folder)
    changeJson(join(folder, 'loss.json'), keyPath, value)
    const { code, stdout, stderr } = await mixflow(folder)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/\[VERIFY_INVALID\]/)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^refused: /m)
    expect(stdout).toMatch(/\n0 quantities compared: 1 refused\n$/)
  })

  const field = (v: string, to = 1) => `v(x,t) = ${v}, elementwise; x0 is [3,5]; t from 0 to ${to}`
  it.each([
    ['a method', 'fixed_step.0.method', 'mid_point', /unknown method "mid_point"\n {2}did you mean "midpoint"\?/],
    ['a field that is no formula', 'field', field('bessel(x)'), /cannot parse the formula .*at "bessel/],
    ['a field of another form', 'field', 'v = f(x)', /cannot parse the field "v = f\(x\)"/],
    ['another size', 'field', field('x').replace('3,5', '5,3'), /x0 is not \[5, 3\]/],
    ['another time', 'field', field('x', 2), /cannot parse the field/],
    ['another grid', 'time_grid', 'cosine', /time_grid: Invalid string/],
  ])('solvers: %s', async (_, keyPath, value, message) => {
    const folder = newFolder()
    writeSolvers(folder)
    changeJson(join(folder, 'others.json'), keyPath, value)
    expect((await mixflow(folder)).stderr).toMatch(message)
  })

  it.each([
    [
      'another network',
      'config.embedding_type',
      'fourier',
      /config\.embedding_type: Invalid input: expected "positional"/,
    ],
    ['weights of another network', 'config.num_blocks', 1, /first difference is at enc\.8x8_block1/],
    ['a file elsewhere', 'files.io', '../io.safetensors', /is not a file name in the same folder/],
    ['a file that is not there', 'files.io', 'in.safetensors', /there is no in\.safetensors in the same folder/],
  ])('songunet: %s', async (_, keyPath, value, message) => {
    const folder = newFolder()
    writeSongUnet(folder)
    changeJson(join(folder, 'grey.json'), keyPath, value)
    expect((await mixflow(folder)).stderr).toMatch(message)
  })

  it('damaged files', async () => {
    const folder = newFolder()
    writeSolvers(folder)
    const tensors = join(folder, 'others.safetensors')
    writeFileSync(tensors, readFileSync(tensors).subarray(0, -8))
    expect(await mixflow(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('SAFETENSORS_INVALID') })
    writeFileSync(join(folder, 'others.json'), '{"group": "solv')
    expect(await mixflow(folder)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/VERIFY_INVALID.*has its end instead of/),
    })
  })

  it('a refused fixture does not stop the others', async () => {
    const folder = newFolder()
    for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name))
    writeSolvers(join(folder, 'a'))
    writeJson(join(folder, 'b', 'b.json'), { group: 'sampler' })
    writeLoss(join(folder, 'c'))
    const { code, stdout, stderr } = await mixflow(folder)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^refused: .*b\.json: unknown group "sampler"$/m)
    expect(stdout).toMatch(/\n\d+ quantities compared: all within tolerance, 1 refused\n$/)
    expect(stderr).toContain('VERIFY_INVALID')
    const { ok, fixtures } = JSON.parse((await mixflow(folder, '--json')).stdout)
    expect(ok).toBe(false)
    expect(fixtures.map(({ refused }: { refused: unknown }) => refused)).toMatchObject([
      null,
      { code: 'VERIFY_INVALID' },
      null,
    ])
  })

  it('folders without fixtures; other JSON files are listed', async () => {
    const folder = newFolder()
    expect(await mixflow(join(folder, 'none'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('VERIFY_NOT_FOUND'),
    })
    expect(await mixflow(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('VERIFY_NOT_FOUND') })
    writeJson(join(folder, 'notes.json'), { a: 1 })
    expect(await mixflow(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('VERIFY_NOT_FOUND') })
    writeSolvers(folder)
    const { code, stdout } = await mixflow(folder)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^not covered: notes\.json: the whole file/m)
  })
})
