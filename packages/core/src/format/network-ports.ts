/**
 * The tensors that go in and out of an exported model's networks, as they follow from the model's facts. Exporters write
 * them, the manifest states them, loaders check the graphs against them.
 *
 * denoiser: x [N,C,H,W], t [N], label [N] where there are classes (index `count` means "no label"), w [N] where it is
 * conditioned on the mixture weight -> velocity [N,C,H,W]. encoder: kappa, and label where it is conditioned on it -> mean and
 * logVariance, or what `gaussian` leaves of them. N is the batch, free in every graph.
 */
import { encoderChannels } from '../method/source/kappa-fc.ts'
import type { ImageShape, Labels, SourceFacts } from '../sampler/model-facts.ts'
import { type Field, integer, list, matching, object, word } from './schema.ts'

export interface Port {
  readonly name: string
  readonly dtype: 'float32' | 'int32'
  readonly dims: readonly (number | 'N')[]
}

export interface NetworkPorts {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

export interface ModelFacts {
  readonly image: ImageShape
  readonly labels: Labels | null
  readonly source: SourceFacts | null
}

/** The ports of both networks. `encoder` is null where the source has none. */
export function networkPorts(facts: ModelFacts): {
  readonly denoiser: NetworkPorts
  readonly encoder: NetworkPorts | null
} {
  const { source } = facts
  const x = image(facts)
  const inputs: Port[] = [
    { name: 'x', dtype: 'float32', dims: x },
    { name: 't', dtype: 'float32', dims: ['N'] },
  ]
  if (facts.labels !== null) inputs.push({ name: 'label', dtype: 'int32', dims: ['N'] })
  if (source?.conditionOnWeight === true) inputs.push({ name: 'w', dtype: 'float32', dims: ['N'] })
  const denoiser: NetworkPorts = { inputs, outputs: [{ name: 'velocity', dtype: 'float32', dims: x }] }
  return { denoiser, encoder: source === null ? null : encoderPorts(facts, source) }
}

function encoderPorts(facts: ModelFacts, { kappa, gaussian, encoderLabel = false }: SourceFacts): NetworkPorts {
  const { channels, height, width } = facts.image
  const { input: inputChannels } = encoderChannels({ kappa, gaussian }, channels)
  const images = { dtype: 'float32', dims: ['N', inputChannels, height, width] } as const
  const input = {
    image: images,
    label: { dtype: 'int32', dims: ['N'] },
    noise: images,
    'image+noise': images,
  } as const satisfies Record<SourceFacts['kappa'], Omit<Port, 'name'>>
  const outputs = {
    off: ['x0'],
    mean: ['mean'],
    'mean-variance': ['mean', 'logVariance'],
  } as const satisfies Record<SourceFacts['gaussian'], readonly string[]>
  return {
    inputs: [
      { name: 'kappa', ...input[kappa] },
      ...(encoderLabel ? [{ name: 'label', dtype: 'int32', dims: ['N'] } as const] : []),
    ],
    outputs: outputs[gaussian].map(name => ({ name, dtype: 'float32', dims: image(facts) })),
  }
}

const image = ({ image: { channels, height, width } }: ModelFacts): Port['dims'] => ['N', channels, height, width]

const size = integer({ min: 1, max: 2 ** 31 - 1 })
const dimension: Field<number | 'N'> = (value, location) => (value === 'N' ? 'N' : size(value, location))
const ports = list(
  object<Port>({
    name: matching(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'the name of a tensor'),
    dtype: word(['float32', 'int32']),
    dims: list(dimension, { min: 1, max: 8 }),
  }),
  { min: 1, max: 16 },
)

export const portsField = object<NetworkPorts>({ inputs: ports, outputs: ports })

/** Equality up to the order of the ports, which name themselves. */
export function samePorts(a: NetworkPorts | null, b: NetworkPorts | null): boolean {
  if (a === null || b === null) return a === b
  const key = (list: readonly Port[]) =>
    list
      .map(p => `${p.name} ${p.dtype} ${p.dims.join()}`)
      .sort()
      .join('|')
  return key(a.inputs) === key(b.inputs) && key(a.outputs) === key(b.outputs)
}
