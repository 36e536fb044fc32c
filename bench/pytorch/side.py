"""PyTorch's side of a benchmark: reads a task, says that it is ready, then does one round of work for each line that it is
sent. Everything is said in lines of JSON on standard input and output.
"""

import json
import pathlib
import resource
import sys
import time

import torch
import torch.nn.functional as F

import networks


def numbers(task, name, shape):
    data = bytearray((pathlib.Path(task["folder"]) / name).read_bytes())
    return torch.frombuffer(data, dtype=torch.float32).view(shape)


def load(task):
    return networks.load(task, numbers(task, "weights.f32", [-1]))


def training(task, precision):
    """Forward, backward, Adam, moving average; the average takes in the weights before the optimizer changes them."""
    model = load(task)
    shape = [task["batch"], *(task["image"][key] for key in ("channels", "height", "width"))]
    x1, noise, t = (numbers(task, f"{name}.f32", size) for name, size in
                    (("x1", shape), ("noise", shape), ("t", [task["batch"]])))
    parameters = list(model.parameters())
    average = [parameter.detach().clone() for parameter in parameters]
    adam = task["optimizer"]
    optimizer = torch.optim.Adam(
        parameters, lr=adam["learningRate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"], fused=True
    )

    def step():
        at = t[:, None, None, None]
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            velocity = model(at * x1 + (1 - at) * noise, t)
        loss = F.mse_loss(velocity.float(), x1 - noise)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 1 - adam["emaKeep"])
        optimizer.step()
        return [loss.item()]

    return step


def sampling(task, _):
    """One evaluation: Euler's method in one step, from noise. Some numbers of the images are told, to compare them."""
    model = load(task).eval()
    shape = [task["batch"], *(task["image"][key] for key in ("channels", "height", "width"))]
    noise = numbers(task, "noise.f32", shape)

    @torch.inference_mode()
    def step():
        torch.randn(shape)  # as a sampler does; to compare, both sides then begin with the same noise
        images = noise + model(noise, torch.zeros(task["batch"]))
        return images.flatten()[:: task["sampleEvery"]].tolist()

    return step


def peak_bytes():
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def say(message):
    print(json.dumps(message), flush=True)


def main():
    task = json.loads(pathlib.Path(sys.argv[1]).read_text())
    torch.set_num_threads(task["threads"])
    step = {"train": training, "sample": sampling}[task["work"]](task, *sys.argv[2:] or ["float32"])
    say({"ready": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads()})
    for _ in sys.stdin:
        before = time.process_time()
        result = step()
        seconds = time.process_time() - before
        say({"amount": task["batch"], "result": result, "peakBytes": peak_bytes(), "processorSeconds": seconds})


main()
