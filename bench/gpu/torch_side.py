"""PyTorch's side: training steps of the task that `device.ts` wrote, eagerly or compiled, one round for each line."""

import json
import pathlib
import resource
import sys
import time

import torch
import torch.nn.functional as F

import networks

folder, device, dtype, mode = sys.argv[1:]
task = json.loads((pathlib.Path(folder) / "task.json").read_text())


def numbers(name, shape):
    data = bytearray((pathlib.Path(folder) / f"{name}.f32").read_bytes())
    return torch.frombuffer(data, dtype=torch.float32).view(shape).to(device)


shape = [task["batch"], *(task["image"][key] for key in ("channels", "height", "width"))]
x1, noise, t = numbers("x1", shape), numbers("noise", shape), numbers("t", [task["batch"]])
weights = numbers("weights", [-1])
torch.set_default_device(device)  # for what the networks make
model = networks.load(task, weights)
parameters = list(model.parameters())
average = [parameter.detach().clone() for parameter in parameters]
adam = task["optimizer"]
optimizer = torch.optim.Adam(
    parameters, lr=adam["learningRate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"], fused=True
)
network = torch.compile(model) if mode == "compile" else model


def step():
    at = t[:, None, None, None]
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=dtype == "bfloat16"):
        velocity = network(at * x1 + (1 - at) * noise, t)
    loss = F.mse_loss(velocity.float(), x1 - noise)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    with torch.no_grad():
        torch._foreach_lerp_(average, parameters, 1 - adam["emaKeep"])
    optimizer.step()
    return loss.item()


print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    since = time.perf_counter()
    losses = [step() for _ in range(int(line))]
    seconds = time.perf_counter() - since
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "losses": losses, "peakBytes": peak}), flush=True)
