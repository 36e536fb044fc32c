/** The model mnist for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "mnist",
    "description": "Handwritten digits by label, for 3 to 9 NFE; κ is the image itself.",
    "licence": "MIT",
    "created": "2026-11-30T01:20:13.443Z",
    "files": [
      {
        "path": "denoiser.onnx",
        "bytes": 2704250,
        "sha256": "3a803f1f607cb02cab13a33c78f828c5ecd480489d85d51e2d1db7aa1ae8fe70",
        "role": "denoiser",
        "dtype": "float32"
      },
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 1382965,
        "sha256": "4d4143ab25472a88b35afc02c8b634238d56944f133d0174a945b6246f95284f",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.onnx",
        "bytes": 147277,
        "sha256": "b7777186c7a6deb7b794570ed7a67dc99bc246cbc771c1e09d1c696856a9f3bf",
        "role": "encoder",
        "dtype": "float32"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 87206,
        "sha256": "5b3d20bad354990cda8b13531240df6894afd466e44421b36ca7197d1151b629",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 38280,
        "sha256": "95e3581f6882a9e04b90b812493cf08f8c1ab27ed27673c32fd5cb5a43685b49",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 6287,
        "sha256": "7a1b59bd291ad6981d429db81890dfb61832854c7d5eccc3e9b1c675c778634e",
        "role": "card"
      }
    ],
    "image": {
      "channels": 1,
      "height": 28,
      "width": 28,
      "range": [
        -1,
        1
      ],
      "layout": "NCHW"
    },
    "labels": {
      "count": 10,
      "names": [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9"
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
              1,
              28,
              28
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
              1,
              28,
              28
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
              1,
              28,
              28
            ]
          }
        ],
        "outputs": [
          {
            "name": "mean",
            "dtype": "float32",
            "dims": [
              "N",
              1,
              28,
              28
            ]
          },
          {
            "name": "logVariance",
            "dtype": "float32",
            "dims": [
              "N",
              1,
              28,
              28
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
      "klWeight": 0.002
    },
    "sampler": {
      "solver": "ab2",
      "nfe": 5,
      "gridPower": 1.3,
      "guidance": 0,
      "mixtureWeight": 0
    },
    "training": {
      "dataset": "mnist",
      "attribution": "MNIST handwritten digits by Yann LeCun and Corinna Cortes, derived from data of NIST, CC BY-SA 3.0",
      "imagesSeen": 200000,
      "steps": 6250,
      "seconds": 1125.5938798649966,
      "parameters": 694204,
      "emaHalfLifeImages": 6000,
      "command": "mixflow train zoo/mnist --method mixflow --out runs/mnist --data mnist --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.000007867813110351562,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0031082630157470703,
        "limit": 0.02
      }
    },
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.4482291564312892,
        "n": 1000,
        "nfe": 3,
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9906666666666667,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2",
        "guidance": 0.3
      }
    ]
  },
  files: {
    'denoiser.onnx': new URL('./denoiser.onnx', import.meta.url).href,
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
    'encoder.onnx': new URL('./encoder.onnx', import.meta.url).href,
    'encoder.fp16.onnx': new URL('./encoder.fp16.onnx', import.meta.url).href,
  },
}
