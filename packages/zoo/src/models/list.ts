/** Made of the packages in models/ by `npx -y pnpm@12 zoo`: not to be edited. */
import type { ZooModel } from './zoo-model.ts'

export const models: readonly ZooModel[] = [
  {
    "name": "cifar10-small",
    "package": "@mixflow/model-cifar10-small",
    "version": "0.0.0",
    "description": "CIFAR-10 by class, 32×32, after 384,000 images on two cores: cars, horses, ships, trucks, planes and deer, most of them to be named; of the birds, cats, dogs and frogs few.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-cifar10-small@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 5885,
      "sha256": "cad52e3e3b867638a0a4c9c8f713aa49b8e8eaddd9795a8e387fa0442ca3522e"
    },
    "bytes": 8213787,
    "licence": "MIT",
    "twin": "cifar10-small-rectified-flow"
  },
  {
    "name": "cifar10-small-rectified-flow",
    "package": "@mixflow/model-cifar10-small-rectified-flow",
    "version": "0.0.0",
    "description": "The twin of cifar10-small, to compare with: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-cifar10-small-rectified-flow@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 4831,
      "sha256": "5399516f7784e8b49e4082e6522984f231d0b55e22e987476fc28f1e9bc33d5f"
    },
    "bytes": 7692029,
    "licence": "MIT",
    "twin": null
  },
  {
    "name": "emoji",
    "package": "@mixflow/model-emoji",
    "version": "0.0.0",
    "description": "Pictures in the manner of Twemoji by category, 32×32, after 300,000 images on two cores: faces, people, signs and flags that nobody drew.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-emoji@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 5634,
      "sha256": "968b16cad2bc8d9d9e0186c72fcd238c79645de5801f84e3f55c9fc52d383d46"
    },
    "bytes": 8265485,
    "licence": "CC-BY-4.0",
    "twin": "emoji-rectified-flow"
  },
  {
    "name": "emoji-rectified-flow",
    "package": "@mixflow/model-emoji-rectified-flow",
    "version": "0.0.0",
    "description": "The twin of emoji, to compare with: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-emoji-rectified-flow@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 4595,
      "sha256": "24fafb7a1c41e748232fed0241074f7f5936a4c4ee3a41b73626e5e2ea1d1c6b"
    },
    "bytes": 7752278,
    "licence": "CC-BY-4.0",
    "twin": null
  },
  {
    "name": "mnist",
    "package": "@mixflow/model-mnist",
    "version": "0.0.0",
    "description": "Handwritten digits by label, in three to nine evaluations; κ is the picture itself.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-mnist@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 7770,
      "sha256": "4863876f56028489ffff31d359712530c580ff93c519ef3ee805d2af46fc755f"
    },
    "bytes": 4374059,
    "licence": "MIT",
    "twin": "mnist-rectified-flow"
  },
  {
    "name": "mnist-label-source",
    "package": "@mixflow/model-mnist-label-source",
    "version": "0.0.0",
    "description": "Handwritten digits by label from a source that knows the label (κ = label): w slides between plain noise and the label's own source.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-mnist-label-source@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 6546,
      "sha256": "44c61faf68720f40264f9b200f2910bf1f40c1677e9905a8be72c8f626e71b46"
    },
    "bytes": 4420175,
    "licence": "MIT",
    "twin": "mnist-rectified-flow"
  },
  {
    "name": "mnist-rectified-flow",
    "package": "@mixflow/model-mnist-rectified-flow",
    "version": "0.0.0",
    "description": "The twin of mnist, to compare with: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-mnist-rectified-flow@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 6603,
      "sha256": "b294fb7c2b41c31db5c03fce1f6afb61bab692bc5d634fd2f092ed944ca5029e"
    },
    "bytes": 4111503,
    "licence": "MIT",
    "twin": null
  }
]
