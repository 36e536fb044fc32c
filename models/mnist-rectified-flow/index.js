/** The model mnist-rectified-flow for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "mnist-rectified-flow",
    "description": "The baseline of mnist: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "licence": "MIT",
    "created": "2026-11-30T01:20:25.399Z",
    "files": [
      {
        "path": "denoiser.onnx",
        "bytes": 2686835,
        "sha256": "6f86fc0ecc4503cddd36c51f3a170e4f50c2ed5e8105797cfcbd37ce9f15b110",
        "role": "denoiser",
        "dtype": "float32"
      },
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 1373912,
        "sha256": "552307665794d5cdff44a3d1cb6c6cbf8009d0e6db1e04ed0e728643e64afb22",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 39289,
        "sha256": "5e55863795086d68f8269a2dabd58a24644a0cedb47c385eb7c45e58f527e443",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 4892,
        "sha256": "9665d194d5ac7b49dd497e202ebdedb58847d407b4e784e3c66d753bca9a0421",
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
      "encoder": null
    },
    "source": null,
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
      "seconds": 869.3521411819964,
      "parameters": 658948,
      "emaHalfLifeImages": 6000,
      "command": "mixflow train zoo/mnist --method rectified-flow --out runs/mnist-rectified-flow --data mnist --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.0000064373016357421875,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0026865005493164062,
        "limit": 0.02
      }
    },
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "FD-MnistCnn-1k",
        "value": 2.313899415037536,
        "n": 1000,
        "nfe": 3,
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
        "nfe": 2,
        "solver": "ab2",
        "guidance": 0.3
      },
      {
        "metric": "label-accuracy-MnistReader-1k",
        "value": 0.9900000000000001,
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
  },
}
