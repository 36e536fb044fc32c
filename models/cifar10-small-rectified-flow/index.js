/** The model cifar10-small-rectified-flow for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "cifar10-small-rectified-flow",
    "description": "The baseline of cifar10-small: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "licence": "MIT",
    "created": "2026-11-30T09:59:49.288Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7449214,
        "sha256": "d441b323efd8878e2a2cfa7eaae02a5cb44114bf5b1bc886491999a3a0461354",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 233634,
        "sha256": "a49b89773cd418f3c585d054d2d1b8c62f88f5022a6f345ba64cb078d77c7a2c",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 4372,
        "sha256": "d6c67b98bfe12e522ddf741879a10ea2d90b90ed3f625efcea55388cef3f1c5d",
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
      ]
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
      "guidance": 1,
      "mixtureWeight": 0
    },
    "training": {
      "dataset": "cifar10",
      "attribution": "CIFAR-10 by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton; A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
      "imagesSeen": 384000,
      "steps": 6000,
      "seconds": 5829.5426604360155,
      "parameters": 3684300,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/cifar10-small --method rectified-flow --out runs/cifar10-small-rectified-flow --data cifar10 --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.000007152557373046875,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0021371841430664062,
        "limit": 0.02
      }
    },
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
        "nfe": 3,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 7.140638341365175,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.520099219155078,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2",
        "guidance": 1
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
  },
}
