/** The model cifar10-small for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "cifar10-small",
    "description": "CIFAR-10 without labels, 32×32, after 128,000 images on two cores: to compare methods with, rather than to look at.",
    "licence": "MIT",
    "created": "2026-11-29T22:48:43.812Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7477067,
        "sha256": "3f8f66bb0401620c68242c0488435c80b8b956a3ba4c3ba31598d2206a4ed3d6",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 486435,
        "sha256": "72052a3bc4eefc077117d22edf1df669994b5218ae62697ff0fa38028a5a4b5f",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 235333,
        "sha256": "9cc9fee02ae806bf42d204f54c61f3d544112478556694566ebc704b2d5ab6e3",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 4939,
        "sha256": "5bef58b1a63b12566b60ca1336d6512ddafd28e598d991bb5597e52815d0e503",
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
    "labels": null,
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
      "klWeight": 0.00001
    },
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
      "imagesSeen": 128000,
      "steps": 2000,
      "seconds": 4013.4870979750026,
      "parameters": 3921540,
      "emaHalfLifeImages": 12000,
      "command": "mixflow train zoo/cifar10-small --method mixflow --out runs/cifar10-small --data cifar10 --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.00000476837158203125,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0017693042755126953,
        "limit": 0.02
      }
    },
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
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
    'encoder.fp16.onnx': new URL('./encoder.fp16.onnx', import.meta.url).href,
  },
}
