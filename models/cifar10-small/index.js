/** The model cifar10-small for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "cifar10-small",
    "description": "CIFAR-10 by class, 32×32, trained on 384,000 images on two cores. Most cars, horses, ships, trucks, planes and deer are recognisable; few birds, cats, dogs and frogs are.",
    "licence": "MIT",
    "created": "2026-11-30T10:01:49.769Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7483167,
        "sha256": "14763205e213f7abcfa82f602712a05441924dea1e60f89bd8c5e679ca9d4a97",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 486435,
        "sha256": "8e5d5aaa9fa108d6dbe1a46746b956f288c46177b6557157f9c7bdde58a1ec73",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 232665,
        "sha256": "733d4ac46b96822cc232152f14272845d083586c0e5211bc3f5310f9e38b7e1b",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 5628,
        "sha256": "f81e30ae19e460bbf5f020f6393dd49f78ab3b3994f3d043a408dc0fa9c3e56e",
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
          },
          {
            "name": "w",
            "dtype": "float32",
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
      "encoder": {
        "inputs": [
          {
            "name": "kappa",
            "dtype": "float32",
            "dims": [
              "N",
              3,
              32,
              32
            ]
          }
        ],
        "outputs": [
          {
            "name": "mean",
            "dtype": "float32",
            "dims": [
              "N",
              3,
              32,
              32
            ]
          },
          {
            "name": "logVariance",
            "dtype": "float32",
            "dims": [
              "N",
              3,
              32,
              32
            ]
          }
        ]
      }
    },
    "source": {
      "kappa": "image",
      "gaussian": "mean-variance",
      "mixing": "distribution",
      "tanh": false,
      "conditionOnWeight": true,
      "klWeight": 0.0005
    },
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
      "seconds": 7258.393947368016,
      "parameters": 3924356,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/cifar10-small --method mixflow --out runs/cifar10-small --data cifar10 --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.000007152557373046875,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0021514892578125,
        "limit": 0.02
      }
    },
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
        "nfe": 3,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.3078993991608225,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2",
        "guidance": 1
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 5.913213045398551,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2",
        "guidance": 1
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
    'encoder.fp16.onnx': new URL('./encoder.fp16.onnx', import.meta.url).href,
  },
}
