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
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 14.257,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.494,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.3115,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.0157,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5545,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.471,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 8.2853,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.522,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.488,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.046957,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.0865,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.061,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.4034,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.3079,
        "n": 1000,
        "nfe": 10,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 5.9132,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 1
      }
    ],
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
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 15.428,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4365,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.274,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.6786,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5225,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.419,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 8.753,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.517,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.419,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.049036,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.7303,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.872,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.49,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 7.1406,
        "n": 1000,
        "nfe": 10,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.5201,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 1
      }
    ],
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
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 11.386,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5085,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.29,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 5.7899,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.694,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.485,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 4.2637,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.73,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.543,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.040106,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "near-copies-ResNet56-1k",
        "value": 0,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 0.5
      },
      {
        "metric": "neighbour-distance-ResNet56-1k",
        "value": 1.1743,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 0.5
      }
    ],
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
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 12.884,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.474,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.2575,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.3031,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.6635,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.5035,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 4.5335,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.7165,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.5825,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.046051,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "near-copies-ResNet56-1k",
        "value": 0,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 0.5
      },
      {
        "metric": "neighbour-distance-ResNet56-1k",
        "value": 1.1699,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2",
        "guidance": 0.5
      }
    ],
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
    "quality": [
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.0796,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.89933,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.823,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.631,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.881,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.858,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.5564,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.878,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.86933,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.6341,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.873,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.86867,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.7413,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.87367,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.86467,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.054885,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 14.884,
        "n": 1000,
        "nfe": 3,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 3.9458,
        "n": 1000,
        "nfe": 5,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.1386,
        "n": 1000,
        "nfe": 9,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 4.2658,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.4482,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.966,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.95467,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.947,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.99167,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.99067,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      }
    ],
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
    "quality": [
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.8355,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.89433,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.81633,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.9094,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.87633,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.86067,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.8339,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.87133,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.86933,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.05704,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 6.3224,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.3764,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.963,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.94833,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.941,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.996,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.99033,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      }
    ],
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
    "quality": [
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.4302,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.89067,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.81533,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.5788,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.86433,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.868,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.7241,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.86533,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.87767,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.8252,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.86033,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.87233,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.8661,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.85967,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.87333,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.060261,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 17.684,
        "n": 1000,
        "nfe": 3,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 4.4668,
        "n": 1000,
        "nfe": 5,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.1099,
        "n": 1000,
        "nfe": 9,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 5.8314,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.3139,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.95867,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.947,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.94067,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.99667,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.99,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      }
    ],
    "twin": null
  }
]
