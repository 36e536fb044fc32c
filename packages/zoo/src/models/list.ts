/** Made of the packages in models/ by `npx -y pnpm@12 zoo`: not to be edited. */
import type { ZooModel } from './zoo-model.ts'

export const models: readonly ZooModel[] = [
  {
    "name": "cifar10-small",
    "package": "@mixflow/model-cifar10-small",
    "version": "0.0.0",
    "description": "CIFAR-10 without labels, 32×32, after 128,000 images on two cores: to compare methods with, rather than to look at.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-cifar10-small@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 5047,
      "sha256": "576ff13ca8570b6f1e064830520d730989eb89baccb1e22148c032dfdf4990cb"
    },
    "bytes": 8208821,
    "licence": "MIT",
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 20.578499629086576,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.411,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.153,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 16.182350931604205,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.384,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.1945,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 16.54508157885829,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.346,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.161,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.04661770856454577,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 18.631872497956728,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 20.03263717543055,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
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
      "bytes": 4028,
      "sha256": "b6bd6001c53528d7fc5ab8378ee18c5f9c1e9fd5ee6c451495a842608043dc45"
    },
    "bytes": 7685492,
    "licence": "MIT",
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 24.594015581823864,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.373,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.116,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 16.32543680140112,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.385,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.2355,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 16.0006492835171,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.359,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.201,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.05179176805921719,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 18.05852391084185,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 19.471190460154602,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      }
    ],
    "twin": null
  },
  {
    "name": "emoji",
    "package": "@mixflow/model-emoji",
    "version": "0.0.0",
    "description": "Pictures in the manner of Twemoji by category, 32×32, after 80,000 images on two cores: shapes and colours of emoji, few details yet.",
    "address": "https://cdn.jsdelivr.net/npm/@mixflow/model-emoji@0.0.0/mixflow.json",
    "manifest": {
      "bytes": 5433,
      "sha256": "857fa87cea846de5bced825069b99fc86d6e1bc18bd391d75fce19bfbd9531a0"
    },
    "bytes": 8195130,
    "licence": "CC-BY-4.0",
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 16.3936868286019,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.2965,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.11199999999999999,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 11.299235847589284,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4685,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.20550000000000002,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.299526961986393,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5075000000000001,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.2315,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.045317972915948614,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "near-copies-ResNet56-1k",
        "value": 0,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2"
      },
      {
        "metric": "neighbour-distance-ResNet56-1k",
        "value": 1.3588091628822445,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2"
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
      "bytes": 4377,
      "sha256": "e2968c557e72d5d2fac18b2e84508d7691be15f91184ddc76b8bc293cc900590"
    },
    "bytes": 7672933,
    "licence": "CC-BY-4.0",
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 19.385066037487086,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.2645,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.07050000000000001,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 13.160424413997381,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4375,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.1985,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 11.451451601689143,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5095000000000001,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.262,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.05372249474635446,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "near-copies-ResNet56-1k",
        "value": 0,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2"
      },
      {
        "metric": "neighbour-distance-ResNet56-1k",
        "value": 1.3583716761058622,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2"
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
      "bytes": 7678,
      "sha256": "34f116c11242bf317556d051118d232362b8e83f2ad1ed13e3583ebff3e1287b"
    },
    "bytes": 4373967,
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
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.4482291564312892,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
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
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9906666666666667,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
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
      "bytes": 6454,
      "sha256": "81ff3f252ba32b86e809e4ab6d87d3ef084ebeab3bf2856338c08418ec537e0a"
    },
    "bytes": 4420083,
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
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.3764412905312997,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
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
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9903333333333334,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
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
      "bytes": 6511,
      "sha256": "c297aa218cf7e8649e431f7a23811424e9447e8a6e38f0af000d7bcafb1ec0d2"
    },
    "bytes": 4111411,
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
        "solver": "ab2"
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.313899415037536,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
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
        "solver": "ab2"
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9900000000000001,
        "n": 1000,
        "nfe": 6,
        "solver": "ab2"
      }
    ],
    "twin": null
  }
]
