"""Checks and measures training on a device of this machine, which needs Python with PyTorch and nothing else:

    python3 run.py --device cuda

Each stage has a share of the time (8 minutes); what does not fit is skipped, by name. Prints lines, and writes them to `results.md` and
everything to `results.json` in --out. Exits with 1 if a stage failed.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

here = pathlib.Path(__file__).resolve().parent
options = argparse.ArgumentParser()
options.add_argument("--device", default="cuda")
options.add_argument("--out", default="results")
options.add_argument("--minutes", type=float, default=8)
options.add_argument("--batch", type=int, default=128, help="of the SongUNet")
options.add_argument("--channels", type=int, default=128, help="of the SongUNet; the paper's: 128")
options.add_argument("--steps", type=int, default=10, help="of the SongUNet in a round")
options.add_argument("--equal-steps", type=int, default=50, help="compared with the CPU's")
options.add_argument("--filter", default="", help="specs of the kernels' suite whose names contain this")
options.add_argument("--seconds", type=float, default=20, help="of the short training")
options = options.parse_args()
deadline = time.monotonic() + 60 * options.minutes
device = options.device
out = pathlib.Path(options.out).resolve()
out.mkdir(parents=True, exist_ok=True)
work = pathlib.Path(tempfile.mkdtemp(prefix="mixflow-gpu-"))
results, lines, failures = {}, [], []

torch_folder = pathlib.Path(importlib.util.find_spec("torch").origin).parent
environment = {
    **os.environ,
    "TORCH_LIB": str(torch_folder / "lib"),
    "MIXFLOW_CACHE": str(work / "cache"),
}
# TF32 or not is decided for the whole process, alike on both sides
precisions = {
    "float32": ("float32", {"NVIDIA_TF32_OVERRIDE": "0"}),
    "tf32": ("float32", {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"}),
    "bfloat16": ("bfloat16", {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"}),
}


def say(line):
    lines.append(line)
    print(line, flush=True)
    (out / "results.md").write_text("\n".join(lines) + "\n")
    (out / "results.json").write_text(json.dumps(results, indent=2) + "\n")


stage_end = deadline


def left():
    return min(deadline, stage_end) - time.monotonic()


class Skip(Exception):
    pass


def stage(name, seconds, function, *args):
    """Runs a stage unless less than `seconds` are left; it is stopped after four times as long."""
    global stage_end
    stage_end = deadline
    if left() < seconds:
        results[name] = "skipped: no time"
        return say(f"{name}: skipped, {left():.0f} s are left of {options.minutes:g} min")
    stage_end = time.monotonic() + 4 * seconds
    try:
        results[name] = function(*args)
    except Skip as reason:
        results[name] = f"skipped: {reason}"
        say(f"{name}: skipped, {reason}")
    except subprocess.TimeoutExpired:
        results[name] = "stopped: no time"
        say(f"{name}: stopped, its time is over")
    except Exception as error:
        failures.append(name)
        results[name] = f"failed: {error}"
        say(f"{name}: FAILED, {error}")


def ours(name, settings, extra={}):
    text = json.dumps({"device": device, "folder": str(work), "batch": options.batch, "dtype": "float32",
                       "modelChannels": options.channels, **settings})
    return {"args": [str(work / "node"), str(work / "device.js"), name, text], "env": {**environment, **extra}}


def last_line(command):
    done = subprocess.run(command["args"], env=command["env"], capture_output=True, text=True, timeout=max(5, left()))
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip()[-1500:])
    return json.loads(done.stdout.strip().splitlines()[-1])


class Side:
    """A process that does rounds of steps."""

    def __init__(self, command):
        self.errors = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(command["args"], env=command["env"], cwd=here, text=True, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.errors)
        self.timer = threading.Timer(max(5, left()), self.child.kill)
        self.timer.daemon = True
        self.timer.start()
        try:
            self.read()
        except RuntimeError:
            self.stop()
            raise

    def read(self):
        line = self.child.stdout.readline()
        if line == "":
            self.errors.seek(0)
            raise RuntimeError(self.errors.read().strip()[-1500:] or "the process ended (out of time?)")
        return json.loads(line)

    def round(self, steps):
        self.child.stdin.write(f"{steps}\n")
        self.child.stdin.flush()
        return self.read()

    def stop(self):
        self.timer.cancel()
        self.child.kill()
        self.child.wait()


def device_bytes():
    """Memory in use on the GPU, by all processes; None without nvidia-smi."""
    if not device.startswith("cuda") or shutil.which("nvidia-smi") is None:
        return None
    text = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"],
                          capture_output=True, text=True).stdout
    return int(text.split()[0]) * 2**20


def facts():
    code = ("import json, torch; print(json.dumps({'torch': torch.__version__, 'cuda': torch.version.cuda, "
            "'gpu': torch.cuda.get_device_name() if torch.cuda.is_available() else None}))")
    found = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
    found["node"] = subprocess.run([str(work / "node"), "--version"], capture_output=True, text=True).stdout.strip()
    say(f"device {device} ({found['gpu'] or 'no GPU'}), PyTorch {found['torch']}, CUDA {found['cuda']}, Node {found['node']}")
    return found


def kernels():
    result = last_line(ours("kernels", {"filter": options.filter}))
    failed = result["failed"]
    say(f"kernels on {device}: {result['passed']} specs passed, {len(failed)} failed")
    for name, message in failed[:20]:
        say(f"  failed: {name}: {str(message)[:200]}")
    if failed or result["passed"] == 0:
        failures.append("kernels")
    return result


def equal():
    result = last_line(ours("equal", {"steps": options.equal_steps, "batch": 8}, precisions["float32"][1]))
    say(f"{result['steps']} steps on {device} and on the CPU: losses at most {result['apart']:.1e} apart, "
        f"from {result['first']:.3f} to {result['last']:.3f}")
    if not result["apart"] < 1e-3:
        failures.append("equal")
    return result


def compare(precision, mode):
    dtype, extra = precisions[precision]
    torch_args = [sys.executable, str(here / "torch_side.py"), str(work), device, dtype, mode]
    commands = {"ours": ours("step", {"dtype": dtype}, extra),
                "theirs": {"args": torch_args, "env": {**environment, **extra}}}
    sides, memory, first = {}, {}, {}
    try:
        for name, command in commands.items():
            before = device_bytes()
            try:
                sides[name] = Side(command)
                first[name] = sides[name].round(2)
            except RuntimeError as error:
                if mode == "compile" and name == "theirs":
                    raise Skip(f"torch.compile does not work here: {str(error).splitlines()[-1][:200]}")
                raise
            memory[name] = None if before is None else device_bytes() - before
        rounds = {name: [] for name in sides}
        for _ in range(4):
            for name, side in sides.items():
                rounds[name].append(side.round(options.steps))
            if left() < 20:
                break
    finally:
        for side in sides.values():
            side.stop()
    seconds = {name: [one["seconds"] / options.steps for one in all] for name, all in rounds.items()}
    if memory["ours"] is None:
        memory = {name: all[-1]["peakBytes"] for name, all in rounds.items()}
    ratio = statistics.median(b / a for a, b in zip(seconds["ours"], seconds["theirs"]))
    apart = max(abs(a / b - 1) for a, b in zip(first["ours"]["losses"], first["theirs"]["losses"]))
    a, b = (statistics.median(seconds[name]) for name in ("ours", "theirs"))
    say(f"SongUNet, batch {options.batch}, {precision}: {1000 * a:.1f} ms a step, PyTorch {mode} {1000 * b:.1f} ms, "
        f"ratio {ratio:.2f}; memory {memory['ours'] / 1e9:.2f} GB, PyTorch {memory['theirs'] / 1e9:.2f} GB; "
        f"first losses {apart:.1e} apart")
    return {"seconds": seconds, "ratio": ratio, "memory": memory, "apart": apart}


def train(precision):
    dtype, extra = precisions[precision]
    result = last_line(ours("train", {"dtype": dtype, "seconds": options.seconds, "batch": 64}, extra))
    say(f"cifar10-small on noise, {precision}: {result['imagesPerSecond']:.0f} images/s over {result['seconds']:.0f} s")
    return result


def sampling():
    if importlib.util.find_spec("onnxruntime") is None:
        raise Skip("this Python has no onnxruntime")
    import numpy
    import onnxruntime

    provider = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}.get(device.split(":")[0])
    if provider not in onnxruntime.get_available_providers():
        raise Skip(f"its onnxruntime has no provider for {device}")
    manifest = json.loads((here / "model" / "mixflow.json").read_text())
    file = next(one["path"] if "path" in one else one["name"] for one in manifest["files"]
                if one["role"] == "denoiser")
    session = onnxruntime.InferenceSession(str(here / "model" / file), providers=[provider])
    count, evaluations = 128, 5
    inputs = {one.name: one for one in session.get_inputs()}
    x = numpy.random.default_rng(5).standard_normal([count, 3, 32, 32], dtype=numpy.float32)

    def evaluate(x, t):
        feeds = {"x": x, "t": numpy.full([count], t, numpy.float32)}
        for name, one in inputs.items():
            if name not in feeds:  # the label, and w of the source
                feeds[name] = numpy.zeros([count], numpy.int64 if "int64" in one.type else numpy.int32 if "int" in one.type else numpy.float32)
        return session.run(None, feeds)[0]

    evaluate(x, 0.0)
    since = time.perf_counter()
    for i in range(evaluations):
        x = x + evaluate(x, i / evaluations) / evaluations
    seconds = time.perf_counter() - since
    say(f"sampling by onnxruntime {onnxruntime.__version__} on {session.get_providers()[0]}: "
        f"{count / seconds:.0f} images/s at {evaluations} evaluations")
    return {"imagesPerSecond": count / seconds}


try:
    with tarfile.open(here / "content.tar.xz") as archive:
        archive.extractall(work)
    stage("facts", 5, facts)
    stage("equal", 20, equal)
    stage("task", 20, lambda: last_line(ours("task", {})))
    stage("tf32, eager", 40, compare, "tf32", "eager")
    stage("bfloat16, eager", 40, compare, "bfloat16", "eager")
    stage("train float32", 15 + options.seconds, train, "tf32")
    stage("train bfloat16", 15 + options.seconds, train, "bfloat16")
    stage("sampling", 15, sampling)
    stage("kernels", 60, kernels)
    stage("float32, eager", 40, compare, "float32", "eager")
    stage("tf32, compile", 100, compare, "tf32", "compile")
    stage("bfloat16, compile", 100, compare, "bfloat16", "compile")
    say(f"failed: {', '.join(failures)}" if failures else "nothing failed")
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failures else 0)
