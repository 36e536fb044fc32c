/**
 * The networks of a checkpoint as functions between the ports of core's `networkPorts`, with images in NCHW outside and NHWC
 * inside, and their parameters. The same function is traced to ONNX and evaluated for the comparison.
 */

import { MixflowError, type SourceFacts } from '@mixflow/core'
import {
  float32Values,
  type NetworkDescription,
  type NetworkPorts,
  networkPorts,
  type StoredTensor,
  splitEncoderOutput,
} from '@mixflow/core/internal'
import {
  buildDenoiser,
  buildEncoder,
  type DenoiserNetwork,
  type EncoderNetwork,
  type NetworkContext,
  networkContext,
  type ParameterSpec,
  type Parameters,
} from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import type { OpenCheckpoint } from '../checkpoint/open-checkpoint.ts'

export type Role = 'denoiser' | 'encoder'
export type Tensors = Readonly<Record<string, tf.Tensor>>

export interface Parameter {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface NetworkGraph {
  readonly role: Role
  readonly ports: NetworkPorts
  readonly parameters: ReadonlyMap<string, Parameter>
  /** Evaluates the network on the current backend. Inputs and outputs are keyed by port name. */
  apply(parameters: Parameters, inputs: Tensors): Record<string, tf.Tensor>
}

/** @throws MixflowError CHECKPOINT_INVALID if the networks cannot be built, or the tensors do not fit them */
export function networkGraphs({ record, tensors }: Pick<OpenCheckpoint, 'record' | 'tensors'>): NetworkGraph[] {
  const context = networkContext(record)
  const ports = networkPorts(record)
  const { source, networks } = record
  const denoiser = built(buildDenoiser, { role: 'denoiser', network: networks.denoiser, context })
  const graphs: NetworkGraph[] = [
    {
      role: 'denoiser',
      ports: ports.denoiser,
      parameters: parametersOf(denoiser.parameters, { role: 'denoiser', tensors }),
      apply: (parameters, inputs) => denoise(denoiser, parameters, inputs),
    },
  ]
  if (networks.encoder !== null && ports.encoder !== null && source !== null) {
    const encoder = built(buildEncoder, { role: 'encoder', network: networks.encoder, context })
    graphs.push({
      role: 'encoder',
      ports: ports.encoder,
      parameters: parametersOf(encoder.parameters, { role: 'encoder', tensors }),
      apply: (parameters, { kappa, label }) =>
        encode(encoder, parameters, { kappa: kappa as tf.Tensor, label: label as tf.Tensor1D | undefined, source }),
    })
  }
  checkNoOtherTensors(graphs, tensors)
  return graphs
}

const toNhwc = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D
/** Halves of the channels of `[N, C, H, W]`. */
const channelHalves = {
  halves(x: tf.Tensor) {
    const [first, second] = tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]
    return { first, second }
  },
}
const toNchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2])

function denoise(network: DenoiserNetwork, parameters: Parameters, { x, t, label, w }: Tensors) {
  const condition = { label: label as tf.Tensor1D | undefined, mixtureWeight: w as tf.Tensor1D | undefined }
  return { velocity: toNchw(network.apply(parameters, toNhwc(x as tf.Tensor), t as tf.Tensor1D, condition)) }
}

function encode(
  network: EncoderNetwork,
  parameters: Parameters,
  {
    kappa,
    label,
    source: { gaussian },
  }: { readonly kappa: tf.Tensor; readonly label: tf.Tensor1D | undefined; readonly source: SourceFacts },
): Record<string, tf.Tensor> {
  const output = toNchw(network.apply(parameters, kappa.rank === 4 ? toNhwc(kappa) : kappa, { label }))
  return { ...splitEncoderOutput(channelHalves, output, gaussian) }
}

function built<N>(
  build: (network: NetworkDescription, context: NetworkContext) => N,
  {
    role,
    network,
    context,
  }: { readonly role: Role; readonly network: NetworkDescription; readonly context: NetworkContext },
): N {
  try {
    return build(network, context)
  } catch (cause) {
    if (!MixflowError.is(cause)) throw cause
    throw invalid('network', `the checkpoint's ${role} cannot be built: ${cause.message}`, { role, cause })
  }
}

function parametersOf(
  specs: readonly ParameterSpec[],
  { role, tensors }: { readonly role: Role; readonly tensors: ReadonlyMap<string, StoredTensor> },
): Map<string, Parameter> {
  return new Map(
    specs.map(({ name, shape }) => {
      const key = `${role}.${name}`
      const tensor = tensors.get(key)
      if (tensor === undefined) throw invalid('tensor-missing', `the checkpoint has no tensor ${key}`, { tensor: key })
      if (tensor.shape.join() !== shape.join()) {
        const shapes = `[${tensor.shape.join(', ')}]; the network's is [${shape.join(', ')}]`
        throw invalid('tensor-shape', `the tensor ${key} has the shape ${shapes}`, { tensor: key })
      }
      return [name, { shape, values: numbersOf(key, tensor) }]
    }),
  )
}

function numbersOf(key: string, tensor: StoredTensor): Float32Array {
  if (!['F32', 'F16', 'BF16'].includes(tensor.dtype)) {
    throw invalid('tensor-dtype', `the tensor ${key} is ${tensor.dtype}; parameters must be F32, F16 or BF16`, {
      tensor: key,
    })
  }
  const values = float32Values(tensor)
  const bad = values.findIndex(value => !Number.isFinite(value))
  if (bad < 0) return values
  throw invalid('tensor-value', `the tensor ${key} contains ${values[bad]}: training diverged before this checkpoint`, {
    tensor: key,
  })
}

function checkNoOtherTensors(graphs: readonly NetworkGraph[], tensors: ReadonlyMap<string, StoredTensor>): void {
  const used = new Set(graphs.flatMap(({ role, parameters }) => [...parameters.keys()].map(name => `${role}.${name}`)))
  for (const key of tensors.keys()) {
    if (!used.has(key)) throw invalid('tensor-unknown', `the tensor ${key} belongs to no network`, { tensor: key })
  }
}

function invalid(
  reason: string,
  message: string,
  { cause, ...details }: Readonly<Record<string, unknown>> & { readonly cause?: unknown },
): MixflowError {
  return new MixflowError('CHECKPOINT_INVALID', message, {
    hint: 'the checkpoint is inconsistent, or was written by another version of mixflow: export it with that version',
    details: { reason, ...details },
    cause,
  })
}

/** Number of values of all parameters. */
export const countParameters = ({ parameters }: NetworkGraph): number =>
  [...parameters.values()].reduce((sum, { values }) => sum + values.length, 0)
