"""Samples a mixflow model with ONNX Runtime and NumPy alone, from the same noise as every mixflow SDK:

    pip install onnxruntime numpy
    python sample.py runs/mnist/model --seed 7 --label 3 --steps 8 --count 4

writes the images of `mixflow sample` with these options, `--solver euler`, `--guidance 0` and `--mixture-weight 0`, within rounding, as out-0.pgm (grey) or .ppm (colour)."""
import argparse, json
from pathlib import Path
from statistics import NormalDist
import numpy as np
import onnxruntime


def noise(seed, image, size):
    """`size` standard normal numbers of one image: the words of Threefry4x32-20 by the inverse normal distribution function."""
    key = [seed & 0xFFFFFFFF, seed >> 32, 0, 0]  # the third word, 0, is the stream "noise"
    key = np.array(key + [0x1BD11BDA ^ key[0] ^ key[1]], np.uint32)
    a, b, c, d = np.array(np.broadcast_arrays(np.arange(-(-size // 4)), image & 0xFFFFFFFF, image >> 32, 0), np.uint32) + key[:4, None]
    turns = [(10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20)]
    for i in range(20):
        p, q = (np.uint32(r) for r in turns[i % 8])
        a, c = a + b, c + d
        b, d = (b << p | b >> 32 - p) ^ a, (d << q | d >> 32 - q) ^ c
        b, d = d, b  # the words change partners after every round
        if i % 4 == 3:
            group = i // 4 + 1
            a, b, c, d = (x + key[(group + j) % 5] for j, x in enumerate((a, b, c, d)))
            d = d + np.uint32(group)
    words = np.stack([a, b, c, d], 1).reshape(-1)[:size]
    return np.array([NormalDist().inv_cdf((int(word) + 0.5) / 2**32) for word in words], np.float32)


def sample(folder, seed=0, label=0, steps=8, count=1):
    """Images [count, channels, height, width] in about [-1, 1], by Euler's method from plain noise (mixture weight 0)."""
    manifest = json.loads((folder / "mixflow.json").read_text())
    shape = [manifest["image"][side] for side in ("channels", "height", "width")]
    path = next(path for path in (folder / "denoiser.onnx", folder / "denoiser.fp16.onnx") if path.exists())
    denoiser = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    takes = [value.name for value in denoiser.get_inputs()]
    conditions = {"label": np.full(count, label, np.int32), "w": np.zeros(count, np.float32)}
    inputs = {name: values for name, values in conditions.items() if name in takes}
    times = (np.arange(steps + 1) / steps) ** manifest["sampler"].get("gridPower", 1)
    x = np.stack([noise(seed, image, int(np.prod(shape))) for image in range(count)]).reshape(count, *shape)
    for t, after in zip(times[:-1], times[1:]):
        (velocity,) = denoiser.run(None, {"x": x, "t": np.full(count, t, np.float32), **inputs})
        x = x + np.float32(after - t) * velocity
    return x


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    for name, default in {"seed": 0, "label": 0, "steps": 8, "count": 1}.items():
        options.add_argument(f"--{name}", type=int, default=default)
    for i, image in enumerate(sample(**vars(options.parse_args()))):
        pixels = np.round(np.clip(image.transpose(1, 2, 0) * 127.5 + 127.5, 0, 255)).astype(np.uint8)
        height, width, channels = pixels.shape
        kind, name = ("P5", f"out-{i}.pgm") if channels == 1 else ("P6", f"out-{i}.ppm")
        Path(name).write_bytes(f"{kind} {width} {height} 255\n".encode() + pixels.tobytes())
        print(name)
