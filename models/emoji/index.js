/** The model emoji for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "emoji",
    "description": "Pictures in the manner of Twemoji by category, 32×32, after 80,000 images on two cores: shapes and colours of emoji, few details yet.",
    "licence": "CC-BY-4.0",
    "created": "2026-11-29T23:02:58.500Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7482643,
        "sha256": "6105aed56b8bfddf9997905c365c6a71d7afb3f145c5fa4dc72fd32518aa517c",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "encoder.fp16.onnx",
        "bytes": 486427,
        "sha256": "58144962d68020f8f6742a20bba4ad028bee89eab2de2f13a49364025bcd019c",
        "role": "encoder",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 214842,
        "sha256": "85dce8bdb5f2ddf3cd23fdf26af2d598fc29dff863e7f5653aaf2f61a2cf1b10",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 5785,
        "sha256": "e1265a4625cf4b85fb19ad4a8bd0b931e423d99ba61639b43b2b15244119fa21",
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
      "imagesSeen": 80000,
      "steps": 2500,
      "seconds": 2860.0854091599967,
      "parameters": 3924100,
      "emaHalfLifeImages": 8000,
      "command": "mixflow train zoo/emoji --method mixflow --out runs/emoji --data twemoji-plain --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.0000050067901611328125,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0018706321716308594,
        "limit": 0.02
      }
    },
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
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
    'encoder.fp16.onnx': new URL('./encoder.fp16.onnx', import.meta.url).href,
  },
}
