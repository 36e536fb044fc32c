/** A model as `/v1/models` shows it: facts of its manifest, and what it can do here. */
import type { Labels } from '@mixflow/core'
import type { z } from 'zod'
import type { ModelRunner } from '../batching/model-runner.ts'
import type { modelSchema } from './answers.ts'

export function describeModel({ name, model }: ModelRunner): z.infer<typeof modelSchema> {
  const { manifest } = model
  const { methods, solvers, mixtureWeight, defaults, device, dtype } = model.capabilities()
  const { channels, height, width } = manifest.image
  const { parameters, dataset, imagesSeen } = manifest.training
  return {
    ...{ name, title: manifest.name, description: manifest.description ?? null },
    ...{ licence: manifest.licence, created: manifest.created },
    image: { channels, height, width },
    labels: manifest.labels && labelsOf(manifest.labels),
    ...{ solvers: [...solvers], mixtureWeight, variations: methods.includes('variations'), defaults: { ...defaults } },
    ...{ parameters, dataset, imagesSeen, quality: [...manifest.quality] },
    ...{ device, dtype },
  }
}

const labelsOf = ({ count, names = [], required = false }: Labels) => ({ count, names: [...names], required })
