/** The model mnist-label-source for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "mnist-label-source",
    "description": "Handwritten digits by label, from a source conditioned on the label (κ = label): w blends plain noise with the label's source.",
    "licence": "MIT",
    "created": "2026-11-30T01:20:20.271Z",
    "files": [
      {
        "path": "denoiser.onnx",
        "bytes": 2704263,
        "sha256": "c3474426f9503c79d844fcd4b6795f3a6c35eaa7406e6f7da866268337fc9301",
        "role": "denoiser",
        "dtype": "float32"
      },
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 1382978,
        "sha256": "9f03e8667c153e3a9aa95634a06363b5d11ad53f9b0c5f13e69122c943e095c7",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.onnx",
        "bytes": 178798,
        "sha256": "2fc5a7dd8f4b5544310265a99357b316184b566c4f0757aec509026b7c5837e3",
        "role": "encoder",
        "dtype": "float32"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 103086,
        "sha256": "f8be9d3a0e0a4f3dbc0256043ecf7a28b1180607d94cd4cabc7775edc17fe1cf",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 38558,
        "sha256": "8c60fc92d770800ae1e643099687dacace967d885b5fed67cb598356e98e37ee",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 5935,
        "sha256": "b720b9c8c4c8c22c0a40535efe48c5d5c5390624af868ece45f5e34ee94ae9d1",
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
            "dtype": "int32",
            "dims": [
              "N"
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
      "kappa": "label",
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
      "mixtureWeight": 1
    },
    "training": {
      "dataset": "mnist",
      "attribution": "MNIST handwritten digits by Yann LeCun and Corinna Cortes, derived from data of NIST, CC BY-SA 3.0",
      "imagesSeen": 200000,
      "steps": 6250,
      "seconds": 1789.3218341879915,
      "parameters": 702044,
      "emaHalfLifeImages": 6000,
      "command": "mixflow train zoo/mnist-label-source --method mixflow --out runs/mnist-label-source --data mnist --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.00000667572021484375,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.004138946533203125,
        "limit": 0.02
      }
    },
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.3764412905312997,
        "n": 1000,
        "nfe": 3,
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9903333333333334,
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
