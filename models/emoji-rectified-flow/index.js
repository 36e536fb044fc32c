/** The model emoji-rectified-flow for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "emoji-rectified-flow",
    "description": "The twin of emoji, to compare with: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "licence": "CC-BY-4.0",
    "created": "2026-11-29T23:01:53.129Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7448690,
        "sha256": "bb7f888075a65f268193e4c2c7c5c67a681d037ca6f44783f99f91b7408a117e",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 215251,
        "sha256": "018023d8316b9e8e3573d05648a38e5a9c46bd09781612496e51131ca3cca27f",
        "role": "grid"
      },
      {
        "path": "README.md",
        "bytes": 4615,
        "sha256": "70b73e04240302fded6cd0dbee6ae851378bdb0bf968e5652d5bd0fc6b679afa",
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
      "guidance": 0.5,
      "mixtureWeight": 0
    },
    "training": {
      "dataset": "twemoji-plain",
      "attribution": "Twemoji graphics by Twitter, Inc and other contributors, CC BY 4.0 (https://github.com/jdecked/twemoji)",
      "imagesSeen": 80000,
      "steps": 2500,
      "seconds": 2405.4125987310003,
      "parameters": 3684044,
      "emaHalfLifeImages": 8000,
      "command": "mixflow train zoo/emoji --method rectified-flow --out runs/emoji-rectified-flow --data twemoji-plain --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.00000667572021484375,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.0023088455200195312,
        "limit": 0.02
      }
    },
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 19.385066037487086,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.2645,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.07050000000000001,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 13.160424413997381,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.4375,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.1985,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 11.451451601689143,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.5095000000000001,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.262,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.05372249474635446,
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
        "value": 1.3583716761058622,
        "n": 1000,
        "nfe": 18,
        "solver": "ab2"
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
  },
}
