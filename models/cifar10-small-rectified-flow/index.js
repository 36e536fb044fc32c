/** The model cifar10-small-rectified-flow for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "cifar10-small-rectified-flow",
    "description": "The twin of cifar10-small, to compare with: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "licence": "MIT",
    "created": "2026-11-30T06:17:12.486Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7449214,
        "sha256": "ed2ca4806473e2431526c154a1c185acfd45e510ebe5be42a8dbd3dc48fac347",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 233032,
        "sha256": "02ca433f8c5d80ce51b171a466040b8dd1cece11f4019575a1addad9bc2e11e3",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 4024,
        "sha256": "b8786e2406feb65b9843011f78233ce9cd95214ab18e5dd7b0e81f6e3a1334c9",
        "role": "card"
      }
    ],
    "image": {
      "channels": 3,
      "height": 32,
      "width": 32,
      "range": [
        -1,
        1
      ],
      "layout": "NCHW"
    },
    "labels": {
      "count": 10,
      "names": [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck"
      ],
      "required": true
    },
    "networks": {
      "denoiser": {
        "inputs": [
          {
            "name": "x",
            "dtype": "float32",
            "dims": [
              "N",
              3,
              32,
              32
            ]
          },
          {
            "name": "t",
            "dtype": "float32",
            "dims": [
              "N"
            ]
          },
          {
            "name": "label",
            "dtype": "int32",
            "dims": [
              "N"
            ]
          }
        ],
        "outputs": [
          {
            "name": "velocity",
            "dtype": "float32",
            "dims": [
              "N",
              3,
              32,
              32
            ]
          }
        ]
      },
      "encoder": null
    },
    "source": null,
    "sampler": {
      "solver": "ab2",
      "nfe": 9,
      "gridPower": 1.3,
      "guidance": 0,
      "mixtureWeight": 0
    },
    "training": {
      "dataset": "cifar10",
      "attribution": "CIFAR-10 by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton; A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
      "imagesSeen": 448000,
      "steps": 7000,
      "seconds": 8019.58682728502,
      "parameters": 3684300,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/cifar10-small --method rectified-flow --out runs/cifar10-small-rectified-flow --data cifar10 --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.00000762939453125,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.001796722412109375,
        "limit": 0.02
      }
    },
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 14.310406538680702,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.47050000000000003,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.2825,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.081793734907995,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5355000000000001,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.44799999999999995,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 7.84267098300628,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.533,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.48,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.0488018926227313,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 8.303479885828898,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.35979808402039,
        "n": 1000,
        "nfe": 33,
        "solver": "ab2"
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
  },
}
