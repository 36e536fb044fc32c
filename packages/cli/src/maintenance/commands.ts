/** The commands for publishing models and for checking this implementation, with their options. */

import type { Command } from 'commander'
import { collect, integer, path, threadCount } from '../option-values.ts'
import { examples } from '../terminal/text.ts'

export function addMaintenance(program: Command): void {
  program.commandsGroup('Publishing and research:')
  addPackage(program)
  addZoo(program)
  addExperiment(program)
  addVerify(program)
}

function addPackage(program: Command): void {
  program
    .command('package')
    .description('make an npm package of an exported and evaluated run')
    .argument('<run>', 'folder of the run, with its model in <run>/model')
    .requiredOption('--as <name>', 'package name, such as @you/model-digits')
    .requiredOption('--out <folder>', 'output folder; an earlier version there is replaced', path)
    .option('--evaluation <folder>', 'output folder of an evaluation of the model; repeatable', collect, [])
    .option('--baseline <run>', 'run of a rectified flow with the same settings, to compare with in the model card')
    .option('--baseline-evaluation <folder>', 'output folder of an evaluation of the baseline; repeatable', collect, [])
    .option('--baseline-name <name>', 'name of the baseline in the model card (default: its model name)')
    .option('--speed <file.json>', 'measured times per image; repeatable', collect, [])
    .option('--name <name>', 'model name (default: that of the exported model)')
    .option('--licence <spdx>', 'licence of the model, such as MIT')
    .option('--description <text>', 'one or two sentences for the model card and package.json')
    .option('--nfe <n>', 'network evaluations for the images in the model card', integer(1))
    .option('--float16', 'include float16 parameters only')
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
    .description('list model packages for loadModel, and compare them')
    .argument('<folder>', 'folder that contains the package folders')
    .option('--list <file>', 'write the list: a .json file for loadModel(name, { models })', path)
    .option('--report <file.md>', 'write the comparison between two markers of this file', path)
    .addHelpText('after', examples('mixflow zoo models --list models.json --report models.md'))
    .action(async (folder, flags) => (await import('./zoo/zoo-command.ts')).zooCommand(folder, flags))
}

function addExperiment(program: Command): void {
  program
    .command('experiment')
    .description('train and evaluate several methods with the same settings, and write tables and charts')
    .argument('<name>', 'few-step: image quality at few network evaluations')
    .option('--data <spec>', 'cifar10 or mnist; cifar10:<folder> for local files')
    .option('--methods <list>', 'of rectified-flow, optimal-transport, fast-ode and mixflow (default: all)')
    .option('--seeds <list>', 'seeds of the runs (default: 1,2)')
    .option('--steps <n>', 'training steps (default: the preset’s)', integer(1))
    .option('--set <key=value>', 'change a setting of the preset; repeatable', collect, [])
    .option('--out <folder>', 'folder of the results, one JSON file per run', path, 'experiments/few-step')
    .option('--runs <folder>', 'folder of checkpoints during training', path, 'runs/few-step')
    .option('--report <file>', 'Markdown report (default: <out>/README.md)', path)
    .option('--report-only', 'write the report of existing results')
    .option('--backend <name>', 'see train --backend')
    .option('--device <name>', 'see train --device')
    .option('--dtype <name>', 'see train --dtype')
    .option('--threads <n>', 'threads per operator (default: number of cores)', threadCount)
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
    .description('compare this implementation with reference numbers of another one')
    .argument('<folder>', 'folder of a fixture (JSON with safetensors), or of several such folders')
    .option('--threads <n>', 'threads per operator (default: number of cores)', threadCount)
    .option('--json', 'JSON output with every error')
    .addHelpText('after', examples('mixflow verify reference/loss', 'mixflow verify reference --json'))
    .action(async (folder, flags) => (await import('./verify/verify-command.ts')).verifyCommand(folder, flags))
}
