/**
 * All commands and their options. What a command does is imported when it is called: `mixflow --help` loads nothing of the
 * runtimes.
 */

import { printable } from '@mixflow/core/internal'
import { Command, InvalidArgumentError } from 'commander'
import { packageFacts } from './package-facts.ts'
import { colorsFor } from './terminal/colors.ts'

export function mixflowProgram(): Command {
  const program = new Command('mixflow')
    .description('Trains few-step image generators and samples from them.')
    .version(packageFacts().version)
    .helpOption('-h, --help', 'what there is, or all about one command')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(printable(text).replace(/^error:/, colorsFor(process.stderr).red('error:'))),
    })
    .addHelpText(
      'after',
      examples(
        'mixflow train quickstart',
        'mixflow export runs/quickstart',
        'mixflow sample runs/quickstart/model --count 64',
      ),
    )
  addTrain(program)
  addImport(program)
  addExport(program)
  addPackage(program)
  addZoo(program)
  addSample(program)
  addServe(program)
  addEvaluate(program)
  addExperiment(program)
  addVerify(program)
  addData(program)
  addSetup(program)
  addDoctor(program)
  return program
}

function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a model on pictures, or go on with a run')
    .argument('[preset]', 'what to start from: see --list; with --resume also the folder of a run')
    .option('--preset <name>', 'the same as the argument')
    .option('--data <spec>', 'mnist, cifar10, twemoji, quickstart; mnist:<folder>; or a folder or zip of pictures')
    .option('--method <name>', 'mixflow, or to compare with it: rectified-flow, fast-ode or optimal-transport')
    .option('--set <key=value>', 'a setting, such as batchSize=256; may be given several times', collect, [])
    .option('--hours <h>', 'how long the run may take; its length in images is measured', decimal)
    .option('--minutes <m>', 'the same in minutes; for images of your own, an hour unless given', decimal)
    .option('--size <pixels>', 'edge of the pictures: --set size=<pixels>', whole(1))
    .option('--bad-images <what>', 'images that cannot be read: refuse (default) or skip, --set badImages=<what>')
    .option(
      '--bad-images-limit <percent>',
      'how many may be skipped: --set badImagesLimit=<share>; default: 10',
      percent,
    )
    .option('--out <folder>', 'where the run is kept, rather than a new folder in --runs', place)
    .option('--runs <folder>', 'where runs are kept', place, 'runs')
    .option('--resume', 'go on with --out, or with the newest run of the preset')
    .option('--backend <name>', 'what computes: onnx, tfjs-node, tfjs-node-gpu, webgpu, wasm or auto')
    .option('--device <name>', 'where the onnx backend runs: cpu, cuda, webgpu or auto')
    .option('--threads <n>', 'threads of the onnx backend; as many as there are cores unless given', threads)
    .option('--dry-run', 'show settings, sizes, memory and time, measured on a few steps; write nothing')
    .option('--list', 'show the presets')
    .option('--json', 'with --dry-run and --list: as JSON')
    .addHelpText(
      'after',
      examples(
        'mixflow train mnist --set batchSize=128 --set totalImages=500000',
        'mixflow train --data ./photos --size 64 --hours 2',
        'mixflow train mnist --resume',
      ),
    )
    .action(async (target, flags) => (await import('./train/train-command.ts')).trainCommand(target, flags))
}

function addImport(program: Command): void {
  program
    .command('import')
    .description('make a run of a checkpoint from elsewhere: PyTorch Lightning’s, or .safetensors')
    .argument('<file>', 'a .ckpt or .safetensors with the names of the paper’s release')
    .requiredOption('--preset <name>', 'whose networks it has, such as cifar10; see train --list')
    .option('--set <key=value>', 'a setting that differs, such as denoiser.options.blocks=2', collect, [])
    .option('--step <n>', 'optimizer steps behind it; as the file says unless given', whole(0))
    .option('--out <folder>', 'where the run is kept, rather than a new folder in --runs')
    .option('--runs <folder>', 'where runs are kept', 'runs')
    .addHelpText('after', examples('mixflow import model.ckpt --preset cifar10', 'mixflow export runs/cifar10'))
    .action(async (file, flags) => (await import('./import-command.ts')).importCommand(file, flags))
}

function addExport(program: Command): void {
  program
    .command('export')
    .description('make a model of a run: ONNX files with a manifest and a model card')
    .argument('<run>', 'folder of a run, or of one of its checkpoints')
    .option('--out <folder>', 'where to; <run>/model unless given', place)
    .option('--name <name>', 'name of the model; the run’s unless given')
    .option('--licence <spdx>', 'licence of the weights, such as MIT')
    .option('--description <text>', 'one or two sentences for the model card')
    .option('--overwrite', 'replace a model that is there already')
    .addHelpText('after', examples('mixflow export runs/mnist'))
    .action(async (run, flags) => (await import('./export-command.ts')).exportCommand(run, flags))
}

function addPackage(program: Command): void {
  program
    .command('package')
    .description('make an npm package of a run that was exported and measured: model, card, pictures, training')
    .argument('<run>', 'folder of the run; its model is in <run>/model')
    .requiredOption('--as <name>', 'name of the package, such as @you/model-digits')
    .requiredOption('--out <folder>', 'where to; an earlier version that is there is replaced', place)
    .option('--evaluation <folder>', 'what evaluate kept of the model; may be given several times', collect, [])
    .option('--twin <run>', 'the same, trained as a plain rectified flow, to stand beside it in the card')
    .option('--twin-evaluation <folder>', 'what evaluate kept of the twin', collect, [])
    .option('--twin-name <name>', 'what the card calls the twin; its model’s name unless given')
    .option('--speed <file.json>', 'a measured time per image; may be given several times', collect, [])
    .option('--name <name>', 'name of the model; the exported one’s unless given')
    .option('--licence <spdx>', 'licence of the weights, such as MIT')
    .option('--description <text>', 'one or two sentences for card and package')
    .option('--nfe <n>', 'evaluations of the velocity of the card’s pictures', whole(1))
    .option('--float16', 'weights in float16 alone')
    .addHelpText(
      'after',
      examples(
        'mixflow evaluate runs/mnist/model --metrics fd,curvature --nfe 3,5,9 --out runs/mnist/quality',
        'mixflow package runs/mnist --as @you/model-digits --out digits --evaluation runs/mnist/quality',
      ),
    )
    .action(async (run, flags) => (await import('./package/package-command.ts')).packageCommand(run, flags))
}

function addZoo(program: Command): void {
  program
    .command('zoo')
    .description('list packages of models, for loadModel to find by name, and compare them')
    .argument('<folder>', 'with a folder for each package, as package writes it')
    .option('--list <file>', 'write the list: a .json for loadModel(name, { models })', place)
    .option('--report <file.md>', 'write a comparison of all, between two marks of the file', place)
    .addHelpText('after', examples('mixflow zoo models --list models.json --report models.md'))
    .action(async (folder, flags) => (await import('./zoo/zoo-command.ts')).zooCommand(folder, flags))
}

function addSample(program: Command): void {
  program
    .command('sample')
    .description('make pictures with an exported model')
    .argument('<model>', 'name, folder or address of a model')
    .option('--count <n>', 'how many', whole(1), 1)
    .option('--nfe <n>', 'evaluations of the velocity per picture', whole(1))
    .option('--steps <n>', 'steps of the solver, instead of --nfe', whole(1))
    .option('--solver <name>', 'euler, heun, heun-full, midpoint, rk4, ab2 or dopri5')
    .option('--grid-power <p>', 'times of the steps: (i / steps)^p; above 1, shorter steps near the noise', decimal)
    .option('--tolerance <e>', 'of dopri5, relative and absolute; 1e-5 unless given', decimal)
    .option('--seed <n>', 'the same seed makes the same pictures', whole(0))
    .option(
      '--label <class>',
      'name or index of a class (name:2 or index:2 where 2 is both), or none; default: drawn from the seed',
    )
    .option('--guidance <g>', 'how much to exaggerate the class; 0 is off', decimal)
    .option('--mixture-weight <w>', '0..1, of a source conditioned on label or noise', decimal)
    .option('--batch-size <n>', 'pictures of one evaluation; 64 unless given', whole(1))
    .option('--workers <n>', 'batches side by side, on the cores of the CPU; the pictures are the same', whole(1, 256))
    .option('--device <name>', 'cpu, cuda, webgpu or auto')
    .option('--dtype <name>', 'float32 or float16 weights')
    .option(
      '--out <path>',
      'a .png for one grid of all; .npz or .zip for an archive; else a folder for one file each; samples.png unless given',
      place,
    )
    .option('--columns <n>', 'pictures per row of the grid', whole(1))
    .option('--resume', 'go on with a folder or an archive that was begun')
    .addHelpText(
      'after',
      examples(
        'mixflow sample runs/mnist/model --count 64 --nfe 5 --seed 7 --label 3 --out threes.png',
        'mixflow sample runs/mnist/model --count 50000 --seed 0 --workers 4 --out digits.npz --resume',
      ),
    )
    .action(async (model, flags) => (await import('./sample/sample-command.ts')).sampleCommand(model, flags))
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('answer requests for pictures over HTTP: PNG, JSON or a stream, with OpenAPI and metrics')
    .argument('<model...>', 'names, folders or addresses of models; name=place for a name other than the model’s own')
    .option('--host <address>', 'where to listen; only programs of this machine reach 127.0.0.1', place, '127.0.0.1')
    .option('--port <n>', '0 is any that is free', whole(0, 65_535), 8080)
    .option('--allow-host <name>', 'a name that requests may come under, besides addresses and localhost', collect, [])
    .option('--allow-origin <origin>', 'pages that may use it, such as https://example.org; * is all', collect, [])
    .option('--largest-batch <n>', 'pictures of one evaluation, of all requests together', whole(2, 4096), 32)
    .option('--max-count <n>', 'pictures of one request', whole(1, 10_000), 256)
    .option('--max-nfe <n>', 'calls of the network per picture', whole(1, 100_000), 256)
    .option('--max-queue <n>', 'pictures of all unfinished requests of a model', whole(1, 1_000_000), 1024)
    .option('--timeout <seconds>', 'that a request may take, waiting included', decimal, 60)
    .option('--drain <seconds>', 'that requests have to end after Ctrl-C; a second one ends them at once', decimal, 30)
    .option('--device <name>', 'cpu, cuda, webgpu or auto')
    .option('--dtype <name>', 'float32 or float16 weights')
    .option('--threads <n>', 'threads of one evaluation on the CPU', threads)
    .addHelpText(
      'after',
      examples(
        'mixflow serve runs/mnist/model',
        'mixflow serve digits=runs/mnist/model faces=runs/faces/model --port 0',
      ),
    )
    .action(async (models, flags) => (await import('./serve/serve-command.ts')).serveCommand(models, flags))
}

function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure how good a model is: distance from the data, curvature, flow loss')
    .argument('<model>', 'folder of a run, a checkpoint or a model, or name or address of a model')
    .option('--data <spec>', 'what to compare with; what it was trained on unless given')
    .option('--bad-images <what>', 'images that cannot be read: refuse (default) or skip')
    .option('--bad-images-limit <percent>', 'how many may be skipped; default: 10', percent)
    .option('--metrics <list>', 'fd, is, label-accuracy, precision-recall, neighbours, curvature, loss', listed, [
      'curvature',
      'loss',
    ])
    .option('--solver <list>', 'of the samples: euler, heun, heun-full, midpoint, rk4, ab2, dopri5', listed)
    .option('--nfe <list>', 'evaluations of the velocity per picture, such as 3,5,9', counts)
    .option('--n <n>', 'sampled pictures of each range, part of each measure’s name', whole(1), 5000)
    .option('--ranges <n>', 'ranges of the seed’s pictures, whose spread comes along', whole(1), 3)
    .option(
      '--features <name>',
      'cifar10, mnist, an installed package, or folder or address of an extractor.json; by the pictures’ size unless given',
    )
    .option('--resize <how>', 'to the extractor’s size: none, pad or tensorflow-bilinear')
    .option('--rounding <how>', 'to bytes: round, or truncate to repeat the paper’s numbers')
    .option(
      '--label <class>',
      'of all samples: name or index of a class (name:2 or index:2 where 2 is both), or none; default: drawn from the seed',
    )
    .option('--guidance <g>', 'how much to exaggerate the class; 0 is off', decimal)
    .option('--mixture-weight <w>', '0..1, of a source conditioned on label or noise', decimal)
    .option('--grid-power <p>', 'times of the steps: (i / steps)^p', decimal)
    .option('--tolerance <e>', 'of an adaptive solver', decimal)
    .option('--per-image', 'with an adaptive solver: steps for each picture by itself')
    .option('--count <n>', 'pictures for the loss, trajectories for the curvature; 10000 in the paper', whole(1), 512)
    .option('--steps <n>', 'Euler steps of the trajectories whose curvature is measured', whole(1), 128)
    .option('--batch-size <n>', 'pictures at once', whole(1), 64)
    .option('--seed <n>', 'of pictures, noise and times', whole(0), 0)
    .option('--workers <n>', 'processes that share the work; the result is the same', whole(1, 256), 1)
    .option('--threads <n>', 'threads of one operator; the cores shared among the workers unless given', threads)
    .option('--backend <name>', 'of a run or checkpoint: what computes, as train --backend')
    .option('--device <name>', 'cpu, cuda, webgpu or auto')
    .option('--dtype <name>', 'of a model: float32 or float16 weights')
    .option('--out <folder>', 'tables, pictures and what is kept to go on; <run>/evaluation unless given', place)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'mixflow evaluate runs/mnist',
        'mixflow evaluate runs/cifar10/model --metrics fd,is,curvature --nfe 2,3,5,9,17 --solver heun,euler,dopri5 --n 50000',
      ),
    )
    .action(async (model, flags) => (await import('./evaluate/evaluate-command.ts')).evaluateCommand(model, flags))
}

function addData(program: Command): void {
  program
    .command('data')
    .description('show the data sets, or open one: facts, licence, pictures')
    .argument('[spec]', 'as after train --data')
    .option('--split <part>', 'train or test', 'train')
    .option('--size <pixels>', 'edge of the pictures, as train --size has it', whole(1))
    .option('--bad-images <what>', 'images that cannot be read: refuse (default) or skip')
    .option('--bad-images-limit <percent>', 'how many may be skipped; default: 10', percent)
    .option('--grid <file.png>', 'write the first 64 pictures', place)
    .addHelpText(
      'after',
      examples('mixflow data', 'mixflow data mnist --grid digits.png', 'mixflow data ./photos --size 64'),
    )
    .action(async (spec, flags) => (await import('./data/data-command.ts')).dataCommand(spec, flags))
}

function addExperiment(program: Command): void {
  program
    .command('experiment')
    .description('compare methods: train each alike, measure each alike, write tables and pictures')
    .argument('<name>', 'few-step: how near to the data few evaluations come')
    .option('--data <spec>', 'cifar10 or mnist; cifar10:<folder> for files of your own')
    .option('--methods <list>', 'of rectified-flow, optimal-transport, fast-ode and mixflow; all unless given')
    .option('--seeds <list>', 'such as 1,2,3; 1,2 unless given')
    .option('--steps <n>', 'steps of training; the preset’s unless given', whole(1))
    .option('--set <key=value>', 'a setting that differs from the preset’s; may be given several times', collect, [])
    .option('--out <folder>', 'where results are kept, a JSON file for each run', place, 'experiments/few-step')
    .option('--runs <folder>', 'where checkpoints are kept while it goes on', place, 'runs/few-step')
    .option('--report <file>', 'the Markdown file with the tables; <out>/README.md unless given', place)
    .option('--report-only', 'write tables and pictures of the results that are there')
    .option('--threads <n>', 'threads of one operator; as many as there are cores unless given', threads)
    .addHelpText(
      'after',
      examples(
        'mixflow experiment few-step --data cifar10 --threads 1',
        'mixflow experiment few-step --data mnist --methods rectified-flow,mixflow --seeds 1,2,3',
      ),
    )
    .action(async (name, flags) => (await import('./experiment/experiment-command.ts')).experimentCommand(name, flags))
}

function addVerify(program: Command): void {
  program
    .command('verify')
    .description('compare what is computed here with numbers of a reference implementation')
    .argument('<folder>', 'of a fixture: JSON with its tensors; or of several such folders')
    .option('--threads <n>', 'threads of the onnx backend; as many as there are cores unless given', threads)
    .option('--json', 'every error as JSON')
    .addHelpText('after', examples('mixflow verify reference/loss', 'mixflow verify reference --json'))
    .action(async (folder, flags) => (await import('./verify/verify-command.ts')).verifyCommand(folder, flags))
}

function addSetup(program: Command): void {
  program
    .command('setup')
    .description('make ready what no npm package holds: tensorflow, for --backend tfjs-node; cuda, for --device cuda')
    .argument('[what]', 'tensorflow or cuda')
    .option('--gpu', 'of tensorflow: with CUDA, for --backend tfjs-node-gpu')
    .addHelpText('after', examples('mixflow setup tensorflow --gpu', 'mixflow setup cuda'))
    .action(async (what, flags) => (await import('./setup/setup-command.ts')).setupCommand(what, flags))
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what this machine can do, and what would let it do more')
    .option('--json', 'as JSON')
    .action(async flags => (await import('./doctor/doctor-command.ts')).doctorCommand(flags))
}

const examples = (...lines: string[]): string => `\nFor example:\n${lines.map(line => `  ${line}`).join('\n')}`

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

const listed = (text: string): readonly string[] => {
  const words = text.split(',').map(word => word.trim())
  if (words.every(word => word !== '')) return [...new Set(words)]
  throw new InvalidArgumentError('It must be a list like fd,is.')
}

const counts = (text: string): readonly number[] => listed(text).map(whole(1))

const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    const isWhole = /^\d+$/.test(text)
    if (isWhole && value >= least && value <= most) return value
    const isOpen = most === Number.MAX_SAFE_INTEGER && !(isWhole && value > most)
    const range = isOpen ? `from ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`It must be a whole number ${range}.`)
  }

/** A percentage as a share, 0..1. */
function percent(text: string): number {
  const value = decimal(text.replace(/\s*%$/, ''))
  if (value >= 0 && value <= 100) return value / 100
  throw new InvalidArgumentError('It must be a percentage from 0 to 100.')
}

/** More than any machine has; a runtime that is to start a hundred thousand never comes to its work. */
const threads = whole(1, 1024)

function place(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It must not be empty: "." is the folder that you are in.')
}

function decimal(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number.')
}
