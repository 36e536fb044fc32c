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
        "value": 14.2568785600937,
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
        "value": 9.015690553190101,
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
        "value": 8.285341952691489,
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
        "value": 0.046956760983222774,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.086498789994716,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.061130356183448,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.403352245351119,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.3078993991608225,
        "n": 1000,
        "nfe": 10,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 5.913213045398551,
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
        "value": 15.42824471991344,
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
        "value": 9.678559440753531,
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
        "value": 0.41900000000000004,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 8.752975653883933,
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
        "value": 0.04903578441901556,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.730275155559958,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.872286149029483,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.489710600348406,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 7.140638341365175,
        "n": 1000,
        "nfe": 10,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.520099219155078,
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
        "value": 11.38630283969212,
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
        "value": 0.29000000000000004,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 5.789941624492753,
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
        "value": 4.263674865147333,
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
        "value": 0.5429999999999999,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.04010632468986239,
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
        "value": 1.1742717063281578,
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
        "value": 12.884449386410559,
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
        "value": 6.303118035046047,
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
        "value": 0.5035000000000001,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 4.533450501329828,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.7164999999999999,
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
        "value": 0.04605096171395592,
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
        "value": 1.1699255551792698,
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
        "value": 2.0795587457922555,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8993333333333334,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8230000000000001,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.631031380130909,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8809999999999999,
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
        "value": 1.556433270607297,
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
        "value": 0.8693333333333334,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.6341323076183356,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8729999999999999,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8686666666666666,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.7412560490245272,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8736666666666667,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8646666666666666,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.054885111722589856,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 14.883984194206638,
        "n": 1000,
        "nfe": 3,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 3.945767202678894,
        "n": 1000,
        "nfe": 5,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.1385591376458484,
        "n": 1000,
        "nfe": 9,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 4.26578844114444,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.4482291564312892,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9660000000000001,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9546666666666667,
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
        "value": 0.9916666666666667,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9906666666666667,
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
        "value": 2.835471162692872,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8943333333333333,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8163333333333332,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.9093535614323678,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8763333333333333,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8606666666666666,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.8338632353169408,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8713333333333333,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8693333333333334,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.05703972021006625,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 6.322364317261342,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.3764412905312997,
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
        "value": 0.9483333333333333,
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
        "value": 0.9903333333333334,
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
        "value": 2.4302136088534803,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8906666666666666,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8153333333333334,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.578812546392414,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8643333333333333,
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
        "value": 1.7240651103794538,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8653333333333334,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8776666666666667,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.825226091714266,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8603333333333333,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8723333333333333,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 1.866097682519699,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "precision-MnistCnn-1k",
        "value": 0.8596666666666667,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "recall-MnistCnn-1k",
        "value": 0.8733333333333334,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.06026063422793691,
        "n": 256,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 17.6842199318925,
        "n": 1000,
        "nfe": 3,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 4.466833802848443,
        "n": 1000,
        "nfe": 5,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.109915137926764,
        "n": 1000,
        "nfe": 9,
        "solver": "heun"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 5.8314338122994345,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.313899415037536,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9586666666666667,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9470000000000001,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9406666666666667,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9966666666666667,
        "n": 1000,
        "nfe": 4,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9900000000000001,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2",
        "guidance": 0.3
      }
    ],
    "twin": null
  }
]
