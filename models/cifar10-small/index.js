/** The model cifar10-small for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "cifar10-small",
    "description": "CIFAR-10 by class, 32×32, after 448,000 images on two cores: outlines of horses, cars, planes and ships, of which a few can be named.",
    "licence": "MIT",
    "created": "2026-11-30T06:19:14.437Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7483167,
        "sha256": "82aa208d2a8c8de889acb030f613470dc22cca959f5c3bd47563050628ce22ac",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 486435,
        "sha256": "e1a606402417ddfffa0b84371047e1378244093ad95b3c3c71408a2eeb6880f9",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 234061,
        "sha256": "34e4bac26ebfeffd8c7bea7de060084808eb776ba87ba394c4c262fcd8378612",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 5160,
        "sha256": "7c9f565e796b0efe462e012e352eb112fbef968de18bf4eb1b1f47e9c3d8c691",
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
      "imagesSeen": 448000,
      "steps": 7000,
      "seconds": 9645.602463220004,
      "parameters": 3924356,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/cifar10-small --method mixflow --out runs/cifar10-small --data cifar10 --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.0000057220458984375,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.002109050750732422,
        "limit": 0.02
      }
    },
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 14.542627994825295,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4665,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.3315,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.120040469641058,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.49,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.4295,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 9.446506279909727,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4585,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.46399999999999997,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.045593599007794076,
        "n": 128,
        "nfe": 128,
        "solver": "euler"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 10.249980613519185,
        "n": 1000,
        "nfe": 17,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 11.357363994933866,
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
