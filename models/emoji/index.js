/** The model emoji for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "emoji",
    "description": "Emoji in the style of Twemoji by category, 32×32, trained on 300,000 images on two cores: new faces, people, signs and flags.",
    "licence": "CC-BY-4.0",
    "created": "2026-11-30T02:06:01.203Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7482643,
        "sha256": "faffe3d223ca1120e83b42909a098267e105c272fab02387ff03d2580725cd3a",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 486427,
        "sha256": "57fb954bdb4d54cee5d69081b1de574ee69c427ee159023630ae9aaa1ecea4c1",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 208275,
        "sha256": "8e8d0fb654b102fcf3754168b449bb11a621a7fb70b995b7efb0ddc8a23fd939",
        "role": "grid"
      },
      {
        "path": "neighbours.png",
        "bytes": 76661,
        "sha256": "80925fbeadc1ad81aece5c98e845e3379af3fc16c2e78de6a08106fff20fa271",
        "role": "report"
      },
      {
        "path": "README.md",
        "bytes": 5509,
        "sha256": "949e1c913d83b4bd8643486b075cfab7458f32fb7467350a14e5111cd74a0715",
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
      "count": 9,
      "names": [
        "Smileys & Emotion",
        "People & Body",
        "Animals & Nature",
        "Food & Drink",
        "Travel & Places",
        "Activities",
        "Objects",
        "Symbols",
        "Flags"
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
      "klWeight": 0.0001
    },
    "sampler": {
      "solver": "ab2",
      "nfe": 9,
      "gridPower": 1.3,
      "guidance": 0.5,
      "mixtureWeight": 0
    },
    "training": {
      "dataset": "twemoji-plain",
      "attribution": "Twemoji graphics by Twitter, Inc and other contributors, CC BY 4.0 (https://github.com/jdecked/twemoji)",
      "imagesSeen": 300000,
      "steps": 9375,
      "seconds": 6220.905456991986,
      "parameters": 3924100,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/emoji --method mixflow --out runs/emoji --data twemoji-plain --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.00000762939453125,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0020399093627929688,
        "limit": 0.02
      }
    },
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
        "nfe": 9,
        "solver": "ab2",
        "guidance": 0.5
      },
      {
        "metric": "neighbour-distance-ResNet56-1k",
        "value": 1.1742717063281578,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2",
        "guidance": 0.5
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
    'encoder.fp16.onnx': new URL('./encoder.fp16.onnx', import.meta.url).href,
  },
}
