/** The commands of everyday use and their options. An action imports its code when it runs, so `--help` loads no runtime. */

import { printable } from '@mixflow/core/internal'
import { Command, Help } from 'commander'
import { addMaintenance } from './maintenance/commands.ts'
import { collect, integer, integerList, list, number, path, percentage, threadCount } from './option-values.ts'
import { colorsFor } from './terminal/errors.ts'
import { examples } from './terminal/text.ts'
import { packageFacts } from './terminal/this-program.ts'

export function mixflowProgram(): Command {
  const program = new Command('mixflow')
    .description('Train few-step image generators and sample from them.')
    .version(packageFacts().version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    // repeatable options default to an empty list
    .configureHelp({
      optionDescription: option => new Help().optionDescription(option).replace(/ ?\(default: \[\]\)/, ''),
    })
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
  addExport(program)
  addSample(program)
  addEvaluate(program)
  addServe(program)
  addData(program)
  addImport(program)
  addSetup(program)
  addDoctor(program)
  addMaintenance(program)
  return program
}

// texts of options that several commands have
const set = ['--set <key=value>', 'change a setting, such as batchSize=256; repeatable', collect, []] as const
const badImages = ['--bad-images <action>', 'unreadable images: refuse or skip (default: refuse)'] as const
const badImagesLimit = ['--bad-images-limit <percent>', 'most unreadable images to skip (default: 10)'] as const
const device = ['--device <name>', 'cpu, cuda, webgpu or auto'] as const
const dtype = ['--dtype <name>', 'float32 or float16 parameters'] as const
const threads = ['--threads <n>', 'threads per operator (default: number of cores)', threadCount] as const
const label = [
  '--label <class>',
  'class name or index, or none; name:2 or index:2 where 2 is ambiguous (default: drawn from the seed)',
] as const
const guidance = ['--guidance <g>', 'classifier-free guidance; 0 turns it off (default: the model’s)', number] as const
const mixtureWeight = [
  '--mixture-weight <w>',
  'share of the conditioned source, 0 to 1, for models whose source is conditioned on label or noise',
  number,
] as const
const gridPower = ['--grid-power <p>', 'time grid (i / steps)^p; p > 1 takes shorter steps near t = 0', number] as const

function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a model, or resume a run')
    .argument('[preset]', 'preset name, see --list; with --resume also the folder of a run')
    .option('--preset <name>', 'same as the argument')
    .option('--data <spec>', 'mnist, cifar10, twemoji, quickstart; mnist:<folder>; or a folder or zip of images')
    .option('--method <name>', 'mixflow, or a baseline: rectified-flow, fast-ode or optimal-transport')
    .option(...set)
    .option('--hours <h>', 'time budget; the number of images follows from the measured speed', number)
    .option('--minutes <m>', 'time budget in minutes (default for your own images: 60)', number)
    .option('--size <pixels>', 'image edge; short for --set size=<pixels>', integer(1))
    .option(...badImages)
    .option(...badImagesLimit, percentage)
    .option('--out <folder>', 'folder of the run (default: a new folder in --runs)', path)
    .option('--runs <folder>', 'folder of all runs', path, 'runs')
    .option('--resume', 'resume the run in --out, or the latest run of the preset')
    .option('--from <run>', 'start from the parameters of a run or checkpoint, with its networks: fine-tuning', path)
    .option('--backend <name>', 'onnx, torch, tfjs-node, tfjs-node-gpu, webgpu, wasm or auto (default: onnx)')
    .option('--device <name>', 'onnx: cpu, cuda, webgpu or auto; torch: cpu, cuda, mps, xpu or auto')
    .option('--dtype <name>', 'precision of products on torch: float32 or bfloat16 (default: float32)')
    .option(...threads)
    .option('--dry-run', 'show settings, model size, and time and memory measured on a few steps; write nothing')
    .option('--list', 'list the presets')
    .option('--json', 'JSON output, with --dry-run or --list')
    .addHelpText(
      'after',
      examples(
        'mixflow train mnist --set batchSize=128 --set totalImages=500000',
        'mixflow train --data ./photos --size 64 --hours 2',
        'mixflow train mnist --resume',
        'mixflow train cifar10 --data ./photos --from runs/cifar10 --backend torch --device cuda',
      ),
    )
    .action(async (target, flags) => (await import('./commands/train/train-command.ts')).trainCommand(target, flags))
}

function addExport(program: Command): void {
  program
    .command('export')
    .description('export a run as a model: ONNX files, a manifest and a model card')
    .argument('<run>', 'folder of a run or of one of its checkpoints')
    .option('--out <folder>', 'output folder (default: <run>/model)', path)
    .option('--name <name>', 'model name (default: name of the run)')
    .option('--licence <spdx>', 'licence of the model, such as MIT')
    .option('--description <text>', 'one or two sentences for the model card')
    .option('--overwrite', 'replace an existing model')
    .addHelpText('after', examples('mixflow export runs/mnist'))
    .action(async (run, flags) => (await import('./commands/export.ts')).exportCommand(run, flags))
}

function addSample(program: Command): void {
  program
    .command('sample')
    .description('generate images with an exported model')
    .argument('<model>', 'name, folder or URL of a model')
    .option('--count <n>', 'number of images', integer(1), 1)
    .option('--nfe <n>', 'velocity evaluations per image (default: the model’s)', integer(1))
    .option('--steps <n>', 'solver steps, instead of --nfe', integer(1))
    .option('--solver <name>', 'euler, heun, heun-full, midpoint, rk4, ab2 or dopri5 (default: the model’s)')
    .option(...gridPower)
    .option('--tolerance <e>', 'relative and absolute tolerance of dopri5 (default: 1e-5)', number)
    .option('--seed <n>', 'same seed, same images (default: random)', integer(0))
    .option(...label)
    .option(...guidance)
    .option(...mixtureWeight)
    .option('--batch-size <n>', 'images per batch (default: 64)', integer(1))
    .option('--workers <n>', 'concurrent batches on the CPU; does not change the images', integer(1, 256))
    .option(...device)
    .option(...dtype)
    .option('--out <path>', '.png: one grid; .npz or .zip: an archive; otherwise a folder (default: samples.png)', path)
    .option('--columns <n>', 'images per row of the grid', integer(1))
    .option('--resume', 'continue an unfinished folder or archive')
    .addHelpText(
      'after',
      examples(
        'mixflow sample runs/mnist/model --count 64 --nfe 5 --seed 7 --label 3 --out threes.png',
        'mixflow sample runs/mnist/model --count 50000 --seed 0 --workers 4 --out digits.npz --resume',
      ),
    )
    .action(async (model, flags) => (await import('./commands/sample/sample-command.ts')).sampleCommand(model, flags))
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve models over HTTP: PNG, JSON or streams, with OpenAPI and metrics')
    .argument('<model...>', 'names, folders or URLs of models; name=<model> to serve one under another name')
    .option('--host <address>', 'address to listen on', path, '127.0.0.1')
    .option('--port <n>', 'port; 0 for any free port', integer(0, 65_535), 8080)
    .option('--allow-host <name>', 'accepted Host header besides addresses and localhost; repeatable', collect, [])
    .option('--allow-origin <origin>', 'CORS origin, such as https://example.org, or *; repeatable', collect, [])
    .option('--largest-batch <n>', 'images per network call, across requests', integer(2, 4096), 32)
    .option('--max-count <n>', 'images per request', integer(1, 10_000), 256)
    .option('--max-network-calls <n>', 'network calls per image; guidance doubles them', integer(1, 100_000), 256)
    .option('--max-queue <n>', 'unfinished images per model', integer(1, 1_000_000), 1024)
    .option('--timeout <seconds>', 'time limit of a request, including its time in the queue', number, 60)
    .option('--drain <seconds>', 'time for running requests to finish after Ctrl-C', number, 30)
    .option(...device)
    .option(...dtype)
    .option(...threads)
    .addHelpText(
      'after',
      examples(
        'mixflow serve runs/mnist/model',
        'mixflow serve digits=runs/mnist/model faces=runs/faces/model --port 0',
      ),
    )
    .action(async (models, flags) => (await import('./commands/serve.ts')).serveCommand(models, flags))
}

function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure the quality of a model: Fréchet distance, curvature, flow loss and others')
    .argument('<model>', 'folder of a run or checkpoint, or name, folder or URL of a model')
    .option('--data <spec>', 'data set to compare with (default: the training data)')
    .option(...badImages)
    .option(...badImagesLimit, percentage)
    .option('--metrics <list>', 'fd, is, label-accuracy, precision-recall, neighbours, curvature, loss', list, [
      'curvature',
      'loss',
    ])
    .option('--solver <list>', 'euler, heun, heun-full, midpoint, rk4, ab2, dopri5 (default: the model’s)', list)
    .option('--nfe <list>', 'velocity evaluations per image, such as 3,5,9 (default: the model’s)', integerList)
    .option('--n <n>', 'sampled images per range; part of the measure’s name', integer(1), 5000)
    .option('--ranges <n>', 'ranges of images to measure separately, for the standard deviation', integer(1), 3)
    .option(
      '--features <extractor>',
      'cifar10, mnist, a package, or folder or URL of an extractor.json (default: by image size)',
    )
    .option('--resize <method>', 'resize to the extractor’s size: none, pad or tensorflow-bilinear (default: none)')
    .option('--rounding <method>', 'conversion to bytes: round, or truncate as in the paper (default: round)')
    .option(...label)
    .option(...guidance)
    .option(...mixtureWeight)
    .option(...gridPower)
    .option('--tolerance <e>', 'tolerance of an adaptive solver', number)
    .option('--per-image', 'adaptive solver: choose steps per image instead of per batch')
    .option('--count <n>', 'images for the loss, trajectories for the curvature (paper: 10000)', integer(1), 512)
    .option('--steps <n>', 'Euler steps per trajectory for the curvature', integer(1), 128)
    .option('--batch-size <n>', 'images per batch', integer(1), 64)
    .option('--seed <n>', 'seed of images, noise and times', integer(0), 0)
    .option('--workers <n>', 'worker processes; does not change the result', integer(1, 256), 1)
    .option('--threads <n>', 'threads per operator (default: cores divided by workers)', threadCount)
    .option('--backend <name>', 'for runs and checkpoints: see train --backend')
    .option('--device <name>', 'of a model: cpu, cuda, webgpu or auto; of a run: see train --device')
    .option('--dtype <name>', 'of a model: float32 or float16 parameters; of a run: see train --dtype')
    .option('--out <folder>', 'output folder, also used to resume (default: <run>/evaluation)', path)
    .option('--json', 'JSON output')
    .addHelpText(
      'after',
      examples(
        'mixflow evaluate runs/mnist',
        'mixflow evaluate runs/cifar10/model --metrics fd,is,curvature --nfe 2,3,5,9,17 --solver heun,euler,dopri5 --n 50000',
      ),
    )
    .action(async (model, flags) =>
      (await import('./commands/evaluate/evaluate-command.ts')).evaluateCommand(model, flags),
    )
}

function addData(program: Command): void {
  program
    .command('data')
    .description('list the data sets, or describe one: size, licence, classes, images')
    .argument('[spec]', 'data set, as in train --data')
    .option('--split <name>', 'train or test', 'train')
    .option('--size <pixels>', 'image edge, as in train --size', integer(1))
    .option(...badImages)
    .option(...badImagesLimit, percentage)
    .option('--grid <file.png>', 'write the first 64 images to this file', path)
    .addHelpText(
      'after',
      examples('mixflow data', 'mixflow data mnist --grid digits.png', 'mixflow data ./photos --size 64'),
    )
    .action(async (spec, flags) => (await import('./commands/data.ts')).dataCommand(spec, flags))
}

function addImport(program: Command): void {
  program
    .command('import')
    .description('convert a PyTorch Lightning or safetensors checkpoint to a run')
    .argument('<file>', '.ckpt or .safetensors file with the parameter names of the paper’s release')
    .requiredOption('--preset <name>', 'preset with the same networks, such as cifar10; see train --list')
    .option('--set <key=value>', 'setting that differs, such as denoiser.options.blocks=2; repeatable', collect, [])
    .option('--step <n>', 'optimizer step of the checkpoint (default: as stored in the file)', integer(0))
    .option('--out <folder>', 'folder of the run (default: a new folder in --runs)')
    .option('--runs <folder>', 'folder of all runs', 'runs')
    .addHelpText('after', examples('mixflow import model.ckpt --preset cifar10', 'mixflow export runs/cifar10'))
    .action(async (file, flags) => (await import('./commands/import.ts')).importCommand(file, flags))
}

function addSetup(program: Command): void {
  program
    .command('setup')
    .description(
      'install what npm cannot: torch (for --backend torch), tensorflow (tfjs-node), cuda (onnx on CUDA) or mpi',
    )
    .argument('[component]', 'torch, tensorflow, cuda or mpi')
    .option('--gpu', 'torch or tensorflow with CUDA')
    .addHelpText('after', examples('mixflow setup torch', 'mixflow setup torch --gpu', 'mixflow setup cuda'))
    .action(async (component, flags) => (await import('./commands/setup.ts')).setupCommand(component, flags))
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine: Node, memory, devices, and how to install what is missing')
    .option('--json', 'JSON output')
    .action(async flags => (await import('./commands/doctor/doctor-command.ts')).doctorCommand(flags))
}
