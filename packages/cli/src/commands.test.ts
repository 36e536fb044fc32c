/** Output and usage errors of commands, which run in this process. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { writeFileDurably } from '@mixflow/files'
import { createDataset, type DataDescription, encodePng, torchFacts } from '@mixflow/train'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { factsText, listText } from './commands/data.ts'
import { modelFolder } from './commands/export.ts'
import { run } from './run.ts'

/** A checkpoint of the reference implementation, next to the repository; optional. */
const lightning = resolve(import.meta.dirname, '../../../../shared/reference/ckpt/songunet-a-lightning.ckpt')
if (!existsSync(lightning)) console.warn(`skipped: ${lightning} not found`)

const libtorch = await torchFacts().catch(() => null)
if (libtorch === null)
  console.warn('libtorch is not installed (mixflow setup torch): fine-tuning is tested on onnx instead')

const root = mkdtempSync(join(tmpdir(), 'mixflow-commands-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

/** Runs the command in this process and catches what it writes. */
async function mixflow(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      written[name] += text
      return true
    })
  }
  const code = await run(args)
  vi.restoreAllMocks()
  return { code, ...written }
}

describe('usage errors have a suggestion', () => {
  it.each<[string[], number, RegExp]>([
    [['trian'], 2, /unknown command 'trian'\n\(Did you mean train\?\)/],
    [['x\u001b[31m'], 2, /unknown command 'x\\u001b\[31m'/],
    [['train', 'mnist', '--bacth', '3'], 2, /unknown option '--bacth'/],
    [['train', 'mnist', '--thread', '3'], 2, /\(Did you mean --threads\?\)/],
    [['train', 'mnist', '--threads', '0'], 2, /integer from 1 to 1024/],
    [['train', 'mnist', '--threads', '100000'], 2, /integer from 1 to 1024/],
    [['train', 'mnist', 'emoji'], 2, /too many arguments/],
    [['train', 'mnist', '--out', ''], 2, /Expected a path/],
    [['sample', 'm', '--out', ' '], 2, /Expected a path/],
    [['train'], 2, /missing preset or --data/],
    [['train', 'mnist', '--json'], 2, /--json requires/],
    [['train', 'mnist', '--preset', 'emoji'], 2, /two presets: mnist and --preset emoji/],
    [['train', '--preset', 'zoo/minst'], 1, /CONFIG_UNKNOWN_PRESET.*\n {2}did you mean "zoo\/mnist"\?/],
    [['sample'], 2, /missing required argument 'model'/],
    [['sample', 'm', '--guidance', 'much'], 2, /Expected a number/],
    [['sample', 'm', '--workers', '0'], 2, /integer from 1 to 256/],
    [['sample', 'm', '--seed', '9007199254740992'], 2, /integer from 0 to 9007199254740991\./],
    [['sample', 'm', '--seed', '6687881544318117707'], 2, /integer from 0 to 9007199254740991\./],
    [['sample', 'm', '--seed', '-1'], 2, /integer of at least 0\./],
    [['evaluate', 'm', '--seed', '6687881544318117707'], 2, /integer from 0 to 9007199254740991\./],
    [
      ['train', 'mnist', '--set', 'seed=9007199254740992'],
      1,
      /"seed" is 9007199254740992\n {2}.*0 to 9007199254740991/,
    ],
    [['data', '--grid', 'x.png'], 2, /--grid requires a data set/],
    [['train', 'mnits'], 1, /CONFIG_UNKNOWN_PRESET.*\n {2}did you mean "mnist"\?/],
    [['train', 'mnist', '--set', 'batchsize=256'], 1, /CONFIG_UNKNOWN_KEY.*\n {2}did you mean "batchSize"\?/],
    [['train', 'mnist', '--set', 'batchSize=many'], 1, /CONFIG_INVALID.*"batchSize" is "many"/],
    [['train', 'mnist', '--backend', 'wasm', '--threads', '2'], 1, /ARGUMENT_INVALID.*threads 2 cannot be set/],
    [['setup'], 2, /missing component/],
    [['setup', 'tensorflw'], 1, /did you mean "tensorflow"\?/],
    [['train', 'mnist', '--backend', 'onx'], 1, /did you mean "onnx"\?/],
    [['train', 'mnist', '--from', join(root, 'none')], 1, /CHECKPOINT_NOT_FOUND/],
    [['train', 'mnist', '--from', 'x', '--method', 'fast-ode'], 2, /--from and --method exclude each other/],
    [['train', 'mnist', '--from', 'x', '--resume'], 2, /--from starts a new run/],
    [['experiment', 'few-step', '--data', 'mnist', '--backend', 'torhc'], 1, /did you mean "torch"\?/],
    [['train', '--data', 'minst', '--runs', root], 1, /DATA_UNKNOWN.*\n {2}did you mean "mnist"\?/],
    [['export', join(root, 'none')], 1, /CHECKPOINT_NOT_FOUND/],
    [['import', 'model.ckpt'], 2, /required option '--preset <name>' not specified/],
    [['import', 'model.ckpt', '--preset', 'cifar'], 1, /CONFIG_UNKNOWN_PRESET.*\n {2}did you mean "cifar10"\?/],
    [['import', join(root, 'none.ckpt'), '--preset', 'ffhq-64', '--runs', root], 1, /CHECKPOINT_NOT_FOUND/],
    [
      ['import', join(root, 'none.ckpt'), '--preset', 'cifar10', '--set', 'data=x'],
      1,
      /CONFIG_INVALID.*image size is unknown/,
    ],
    [['sample', join(root, 'none')], 1, /MODEL_NOT_FOUND/],
    [['sample', root, '--out', 'x.jpg'], 1, /does not end in \.png, \.npz or \.zip/],
    [['sample', root, '--out', 'x.png', '--resume'], 1, /--resume does not support a single-grid PNG/],
    [['sample', root, '--device', 'cpux'], 1, /did you mean "cpu"\?/],
    [
      ['sample', root, '--workers', '2', '--device', 'cuda'],
      1,
      /ARGUMENT_INVALID.*workers run on the CPU, but device is "cuda"/,
    ],
    [['serve'], 2, /missing required argument 'model'/],
    [['serve', 'm', '--port', '70000'], 2, /integer from 0 to 65535/],
    [['serve', 'digits='], 2, /digits= has no model after/],
    [['serve', join(root, 'none')], 1, /MODEL_NOT_FOUND/],
    [['evaluate', root], 1, /neither a run nor a checkpoint nor a model/],
    [['evaluate', root, '--metrics', 'fid'], 1, /unknown metric "fid"\n {2}did you mean "fd"\?/],
    [['evaluate', root, '--metrics', 'fd', '--solver', 'hein'], 1, /did you mean "heun"\?/],
    [['evaluate', root, '--metrics', 'fd', '--nfe', '3,x'], 2, /Expected an integer/],
    [['evaluate', root, '--nfe', '3'], 2, /--nfe requires a metric that is measured on samples/],
    [['evaluate', root, '--dtype', 'float16', '--metrics', 'fd,'], 2, /comma-separated list/],
    [['data', 'mnist', '--split', 'tset'], 1, /did you mean "test"\?/],
  ])('mixflow %j', async (args, code, message) => {
    const result = await mixflow(...args)
    expect(result.stderr).toMatch(message)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(readdirSync(root)).toEqual([])
  })
})

describe('mixflow --help', () => {
  it('lists every command', async () => {
    const { code, stdout } = await mixflow('--help')
    expect(code).toBe(0)
    for (const name of ['train', 'import', 'export', 'sample', 'serve', 'evaluate', 'verify', 'data', 'doctor'])
      expect(stdout).toContain(name)
    expect((await mixflow('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('loads no runtime', () => {
    const seen = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^import (?!type)[^;]*?from '(.+?)'/gm)) {
        if (name.startsWith('.')) visit(resolve(dirname(file), name))
        else if (!name.startsWith('node:')) seen.add(name)
      }
    }
    visit(join(import.meta.dirname, 'main.ts'))
    const packages = [...seen].filter(name => !name.endsWith('.ts')).sort()
    expect(packages).toEqual(['@mixflow/core', '@mixflow/core/internal', 'commander', 'picocolors'])
  })
})

describe('mixflow train --list', () => {
  it('shows every preset with its data and size', async () => {
    const { stdout } = await mixflow('train', '--list')
    expect(stdout).toMatch(/^mnist +mnist +28×28 +[\d,]+ +MNIST, 60,000 digits by label$/m)
    expect(stdout).toMatch(/^photos +--data +32×32/m)
    const rows = JSON.parse((await mixflow('train', '--list', '--json')).stdout)
    expect(rows).toContainEqual(expect.objectContaining({ name: 'cifar10-small', data: 'cifar10', size: 32 }))
  })
})

describe('mixflow data', () => {
  it('lists the data sets', async () => {
    const { stdout } = await mixflow('data')
    expect(stdout).toMatch(/^mnist +60,000 \+ 10,000 +1×28×28 +10 +CC-BY-SA-3\.0 /m)
    expect(stdout).toMatch(/^quickstart .* built in /m)
  })

  it('opens one, counts its classes, and draws its first images', async () => {
    const grid = join(root, 'pictures', 'digits.png')
    const { code, stdout } = await mixflow('data', 'quickstart', '--grid', grid)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^images +10,000$/m)
    expect(stdout).toMatch(/^licence +CC-BY-SA-3\.0$/m)
    expect(stdout).toMatch(/^fingerprint +[0-9a-f]{64}$/m)
    // the first 10,000 training digits of MNIST have so many ones
    expect(stdout).toMatch(/^ {2}1 +1 +1,127$/m)
    expect([...readFileSync(grid).subarray(1, 4)]).toEqual([...'PNG'].map(letter => letter.charCodeAt(0)))
    rmSync(join(root, 'pictures'), { recursive: true })
  })

  it('opens images of different sizes with --size', async () => {
    const folder = join(root, 'photos')
    for (const size of [4, 6]) {
      const image = { channels: 1, height: size, width: size, data: new Float32Array(size * size) }
      await writeFileDurably(join(folder, `${size}.png`), encodePng(image))
    }
    const refused = await mixflow('data', folder)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--size 64') })
    expect((await mixflow('data', folder, '--size', '8')).stdout).toMatch(/^size +3×8×8/m)
    rmSync(folder, { recursive: true })
  })

  it('describes how to get a data set, and what is unknown', () => {
    const set: DataDescription = {
      name: 'twemoji',
      title: 't',
      homepage: 'h',
      images: { train: 5 },
      channels: 3,
      height: 8,
      width: 8,
      licence: null,
      attribution: 'a',
      classes: 2,
      where: { state: 'install', command: 'npm i x' },
    }
    expect(listText([set]).split('\n')[1]).toBe('twemoji   5        3×8×8   2         unknown   npm i x     t')
    const mine = createDataset({
      ...{ name: 'mine', split: 'train', channels: 1, height: 1, width: 1, images: Uint8Array.of(1, 2) },
      ...{ labels: null, classNames: null, licence: null, attribution: null },
    })
    expect(factsText(mine)).toMatch(/^attribution +unknown$/m)
    expect(factsText(mine)).toMatch(/^classes +none$/m)
    const steering = createDataset({ ...mine, labels: Int32Array.of(0, 0), classNames: ['\u001b[2Jcats'] })
    expect(factsText(steering)).toMatch(/^ +0 +\\u001b\[2Jcats +2$/m)
  })
})

describe.skipIf(!existsSync(lightning))('mixflow import', () => {
  it('converts the reference checkpoint with changed settings, and prints the next command', async () => {
    const settings = [
      ...['size=16', 'denoiser.options.modelChannels=16', 'denoiser.options.blocks=1'],
      ...['denoiser.options.attentionResolutions=[8]', 'encoder.options.channels=[32]', 'encoder.options.blocks=1'],
      'encoder.options.attention=[0]',
    ].flatMap(setting => ['--set', setting])
    const runs = join(root, 'imported')
    const args = ['import', lightning, '--preset', 'cifar10', '--runs', runs, ...settings]
    const { code, stdout, stderr } = await mixflow(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const folder = join(runs, 'cifar10')
    expect(stdout).toContain(`${folder}: parameters of the last step and EMA parameters, step 3\n`)
    expect(stdout).toContain('denoiser song-unet, 393,187 parameters\n')
    expect(stdout).toMatch(/export .*cifar10\n$/)
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-000000003'])

    const pictures = join(root, 'pictures')
    mkdirSync(pictures)
    const image = { channels: 3, height: 16, width: 16, data: new Float32Array(3 * 16 * 16).fill(0.5) } as const
    for (const i of [0, 1]) writeFileSync(join(pictures, `${i}.png`), encodePng(image))
    const measured = ['evaluate', folder, '--data', pictures, '--count', '2', '--steps', '2', '--json']
    expect(JSON.parse((await mixflow(...measured)).stdout).loss.images).toBe(2)
    const resumed = await mixflow('train', folder, '--resume', '--data', pictures)
    expect(resumed.stderr).toMatch(/TRAIN_RESUME_MISMATCH.*it has no optimizer tensors\n {2}an imported checkpoint/)

    // fine-tuning, and measuring what came out, on libtorch where there is one
    const backend = libtorch === null ? 'onnx' : 'torch'
    const finer = join(runs, 'finer')
    const short = ['batchSize=2', 'totalImages=4', 'sampling.solver=euler', 'sampling.nfe=1'].flatMap(setting => [
      '--set',
      setting,
    ])
    const from = ['--from', folder, '--data', pictures, '--out', finer, '--backend', backend]
    const trained = await mixflow('train', 'cifar10', ...from, ...short)
    expect(trained).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`(${backend}`) })
    expect(JSON.parse(readFileSync(join(finer, 'config.json'), 'utf8'))).toMatchObject({
      ...{ from: folder, backend },
      config: { size: 16, denoiser: { options: { modelChannels: 16 } } },
    })
    expect(existsSync(join(finer, 'report.html'))).toBe(true)
    const onBackend = [
      'evaluate',
      finer,
      '--data',
      pictures,
      '--count',
      '2',
      '--steps',
      '2',
      '--json',
      '--backend',
      backend,
    ]
    const exact = JSON.parse((await mixflow(...onBackend)).stdout)
    expect(exact.subject.device).toContain(`(${backend}`)
    expect((await mixflow(...onBackend, '--dtype', 'float16')).stderr).toMatch(/unknown dtype "float16"/)
    if (libtorch !== null) {
      const rounded = JSON.parse((await mixflow(...onBackend, '--dtype', 'bfloat16')).stdout)
      expect(rounded.subject.device).toMatch(/\(torch \d+\.\d+, bfloat16\)$/)
      expect(rounded.subject.id).not.toBe(exact.subject.id)
      const [a, b] = [exact, rounded].map(({ loss }) => loss.flowLoss[0].loss)
      expect(Math.abs(b / a - 1)).toBeLessThan(0.02)
    }
    for (const made of [runs, pictures]) rmSync(made, { recursive: true })
  })
})

it('a model is exported into the folder of its run', () => {
  expect(modelFolder('runs/a')).toBe(join('runs', 'a', 'model'))
  expect(modelFolder('runs/a/')).toBe(join('runs', 'a', 'model'))
  expect(modelFolder('runs/a/checkpoints/step-000000008')).toBe(join('runs', 'a', 'model'))
  expect(modelFolder('copied/step-8')).toBe(join('copied', 'step-8', 'model'))
})
