/** The model emoji-rectified-flow for `loadModel`: what it is, and where its files are. */
export default {
  manifest: {
    "format": "mixflow-model",
    "version": 1,
    "name": "emoji-rectified-flow",
    "description": "The baseline of emoji: the same network, data, seed and number of images, trained as a plain rectified flow.",
    "licence": "CC-BY-4.0",
    "created": "2026-11-30T02:06:10.937Z",
    "files": [
      {
        "path": "denoiser.fp16.onnx",
        "bytes": 7448690,
        "sha256": "7876a8d521490161fe43ad00c135669d8e933f08a06b8fd92e91ef200e052321",
        "role": "denoiser",
        "dtype": "float16"
      },
      {
        "path": "grid.png",
        "bytes": 211218,
        "sha256": "be4e4200bf18f7a1903bd068a09bdcdbf62bbb1ecd5a03f60ff5ffa21eee8fd3",
        "role": "grid"
      },
      {
        "path": "neighbours.png",
        "bytes": 83098,
        "sha256": "e7ec0f63fe2249fcd15a0f9a0fde4c36941e3a4150f292153e85b14a886a3cbe",
        "role": "report"
      },
      {
        "path": "README.md",
        "bytes": 4380,
        "sha256": "09364c68f5ba3cff39e73636914433c8362b0f21c08f3e4b6cdcd2fff0a462c8",
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
      "imagesSeen": 300000,
      "steps": 9375,
      "seconds": 5163.848729988024,
      "parameters": 3684044,
      "emaHalfLifeImages": 20000,
      "command": "mixflow train zoo/emoji --method rectified-flow --out runs/emoji-rectified-flow --data twemoji-plain --threads 1"
    },
    "parity": {
      "float32": {
        "maxAbsError": 0.000007152557373046875,
        "limit": 0.0001
      },
      "float16": {
        "maxAbsError": 0.002543926239013672,
        "limit": 0.02
      }
    },
    "quality": [
      {
        "metric": "FD-ResNet56-1k",
        "value": 12.884449386410559,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.474,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.2575,
        "n": 1000,
        "nfe": 3,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 6.303118035046047,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.6635,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.5035000000000001,
        "n": 1000,
        "nfe": 5,
        "solver": "ab2"
      },
      {
        "metric": "FD-ResNet56-1k",
        "value": 4.533450501329828,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "precision-ResNet56-1k",
        "value": 0.7164999999999999,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "recall-ResNet56-1k",
        "value": 0.5825,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2"
      },
      {
        "metric": "curvature",
        "value": 0.04605096171395592,
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
        "value": 1.1699255551792698,
        "n": 1000,
        "nfe": 9,
        "solver": "ab2",
        "guidance": 0.5
      }
    ]
  },
  files: {
    'denoiser.fp16.onnx': new URL('./denoiser.fp16.onnx', import.meta.url).href,
  },
}
