"""The networks of the benchmark in PyTorch: what the zoo's U-Net, and the transformer beside it, look like to somebody who
writes PyTorch. Parameters have the names and shapes of ours, so that both sides start from the same weights. Images are
channels-last inside the U-Net, which is the faster layout on a CPU.
"""

import torch
import torch.nn.functional as F
from torch import nn


def sinusoids(values, width):
    half = width // 2
    steps = torch.arange(half, dtype=torch.float32) / max(half - 1, 1)
    angles = values[:, None] * (1000 * 10000.0**-steps)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def groups_of(channels):
    groups = max(1, min(32, channels // 4))
    while channels % groups:
        groups -= 1
    return groups


class Attention(nn.Module):
    def __init__(self, channels, head_channels):
        super().__init__()
        self.heads = channels // head_channels
        self.norm = nn.GroupNorm(groups_of(channels), channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        tokens = self.qkv(self.norm(x)).permute(0, 2, 3, 1).reshape(n, h * w, 3, self.heads, c // self.heads)
        q, k, v = tokens.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj(mixed.transpose(1, 2).reshape(n, h, w, c).permute(0, 3, 1, 2))


class Block(nn.Module):
    def __init__(self, inputs, outputs, embedding, head_channels):
        super().__init__()
        self.norm0 = nn.GroupNorm(groups_of(inputs), inputs)
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.affine = nn.Linear(embedding, outputs)
        self.norm1 = nn.GroupNorm(groups_of(outputs), outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.skip = nn.Conv2d(inputs, outputs, 1)
        if head_channels:
            self.attention = Attention(outputs, head_channels)

    def forward(self, x, vector):
        h = self.conv0(F.silu(self.norm0(x), inplace=True))
        h = h + self.affine(vector)[:, :, None, None]
        h = self.conv1(F.silu(self.norm1(h), inplace=True))
        x = (self.skip(x) if hasattr(self, "skip") else x) + h
        return self.attention(x) if hasattr(self, "attention") else x


class UNet(nn.Module):
    def __init__(self, image, patchSize, channels, blocks, attention, headChannels):
        super().__init__()
        assert patchSize == 1, "the benchmark's U-Net works on pixels"
        depth, self.base = image["channels"], channels[0]
        embedding = 4 * self.base
        heads = lambda level: headChannels if level in attention else 0
        self.time = nn.ModuleDict(
            {"linear0": nn.Linear(self.base, embedding), "linear1": nn.Linear(embedding, embedding)}
        )
        self.add_module("in", nn.Conv2d(depth, self.base, 3, padding=1))
        self.plan, width, skips = [], self.base, [self.base]

        def block(name, inputs, outputs, head_channels):
            made = Block(inputs, outputs, embedding, head_channels)
            parent, child = name.split(".")
            if not hasattr(self, parent):
                self.add_module(parent, nn.Module())
            getattr(self, parent).add_module(child, made)
            return made

        def resample(name, inputs, outputs):
            self.add_module(name, nn.Module())
            getattr(self, name).add_module("resample", nn.Conv2d(inputs, outputs, 3, padding=1))
            return getattr(self, name).resample

        for level, to in enumerate(channels):
            if level > 0:
                self.plan.append(("shrink", resample(f"down{level}", width, width)))
                skips.append(width)
            for i in range(blocks):
                self.plan.append(("down", block(f"down{level}.block{i}", width, to, heads(level))))
                width = to
                skips.append(to)
        for i in range(2):
            self.plan.append(("middle", block(f"middle.block{i}", width, width, heads(len(channels) - 1) if i == 0 else 0)))
        for level in reversed(range(len(channels))):
            to = channels[level]
            if level < len(channels) - 1:
                self.plan.append(("grow", resample(f"up{level}", width, to)))
                width = to
            for i in range(blocks + 1):
                made = block(f"up{level}.block{i}", width + skips.pop(), to, heads(level) if i == blocks else 0)
                self.plan.append(("up", made))
                width = to
        self.out = nn.ModuleDict(
            {"norm": nn.GroupNorm(groups_of(width), width), "conv": nn.Conv2d(width, depth, 3, padding=1)}
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, x, t):
        vector = F.silu(self.time.linear1(F.silu(self.time.linear0(sinusoids(t, self.base)))))
        h = getattr(self, "in")(x.to(memory_format=torch.channels_last))
        stack = [h]
        for kind, layer in self.plan:
            if kind == "shrink":
                h = layer(F.avg_pool2d(h, 2))
            elif kind == "grow":
                h = layer(F.interpolate(h, scale_factor=2, mode="nearest"))
            else:
                h = layer(torch.cat([h, stack.pop()], dim=1) if kind == "up" else h, vector)
            if kind in ("shrink", "down"):
                stack.append(h)
        return self.out.conv(F.silu(self.out.norm(h), inplace=True))


class SongAttention(nn.Module):
    """One head; channel 3c + j of `qkv` is channel c of the j-th of queries, keys and values."""

    def forward(self, block, x):
        n, c, h, w = x.shape
        q, k, v = block.qkv(block.norm2(x)).reshape(n, c, 3, h * w).permute(2, 0, 3, 1)
        mixed = F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]
        return (block.proj(mixed.transpose(1, 2).reshape(n, c, h, w)) + x) * 0.5**0.5


class SongBlock(nn.Module):
    def __init__(self, inputs, outputs, embedding, resample, attention):
        super().__init__()
        norm = lambda channels: nn.GroupNorm(groups_of(channels), channels, eps=1e-6)
        self.resample = {"down": lambda x: F.avg_pool2d(x, 2), "none": lambda x: x,
                         "up": lambda x: F.interpolate(x, scale_factor=2, mode="nearest")}[resample]
        self.norm0 = norm(inputs)
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.affine = nn.Linear(embedding, outputs)
        self.norm1 = norm(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs or resample != "none" else None
        self.attention = SongAttention() if attention else None
        if attention:
            self.norm2 = norm(outputs)
            self.qkv = nn.Conv2d(outputs, 3 * outputs, 1)
            self.proj = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x, vector):
        h = self.conv0(self.resample(F.silu(self.norm0(x), inplace=True)))
        h = h + self.affine(vector)[:, :, None, None]
        h = self.conv1(F.silu(self.norm1(h), inplace=True))
        x = (h + (x if self.skip is None else self.skip(self.resample(x)))) * 0.5**0.5
        return x if self.attention is None else self.attention(self, x)


class SongUNet(nn.Module):
    """The paper's denoiser (DDPM++), without dropout."""

    def __init__(self, image, modelChannels, multipliers, embeddingMultiplier, blocks, attentionResolutions, dropout):
        super().__init__()
        assert dropout == 0, "the benchmark drops nothing"
        edge, self.width = image["height"], modelChannels
        embedding = modelChannels * embeddingMultiplier
        self.map_layer0 = nn.Linear(modelChannels, embedding)
        self.map_layer1 = nn.Linear(embedding, embedding)
        self.entry = f"{edge}x{edge}_conv"
        self.enc = nn.ModuleDict({self.entry: nn.Conv2d(image["channels"], modelChannels, 3, padding=1)})
        self.dec = nn.ModuleDict()
        self.plan, width, skips = [], modelChannels, [modelChannels]

        def add(part, name, outputs, resample="none", attention=False):
            nonlocal width
            inputs = width + (skips.pop() if part is self.dec and name.split("_")[1].startswith("block") else 0)
            part[name] = SongBlock(inputs, outputs, embedding, resample, attention)
            joins, keeps = inputs != width, part is self.enc
            self.plan.append((part[name], joins, keeps))
            width = outputs
            if keeps:
                skips.append(outputs)

        levels = [(edge >> i, factor * modelChannels) for i, factor in enumerate(multipliers)]
        for i, (size, to) in enumerate(levels):
            if i > 0:
                add(self.enc, f"{size}x{size}_down", width, "down")
            for j in range(blocks):
                add(self.enc, f"{size}x{size}_block{j}", to, attention=size in attentionResolutions)
        for i, (size, to) in reversed(list(enumerate(levels))):
            if i == len(levels) - 1:
                add(self.dec, f"{size}x{size}_in0", width, attention=True)
                add(self.dec, f"{size}x{size}_in1", width)
            else:
                add(self.dec, f"{size}x{size}_up", width, "up")
            for j in range(blocks + 1):
                add(self.dec, f"{size}x{size}_block{j}", to, attention=j == blocks and size in attentionResolutions)
        self.norm, self.conv = f"{edge}x{edge}_aux_norm", f"{edge}x{edge}_aux_conv"
        self.dec[self.norm] = nn.GroupNorm(groups_of(width), width, eps=1e-6)
        self.dec[self.conv] = nn.Conv2d(width, image["channels"], 3, padding=1)
        self.to(memory_format=torch.channels_last)

    def forward(self, x, t):
        half = self.width // 2
        angles = t[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float32) / (half - 1))
        vector = F.silu(self.map_layer0(torch.cat([angles.sin(), angles.cos()], dim=1)))
        vector = F.silu(self.map_layer1(vector))
        h = self.enc[self.entry](x.to(memory_format=torch.channels_last))
        stack = [h]
        for block, joins, keeps in self.plan:
            h = block(torch.cat([h, stack.pop()], dim=1) if joins else h, vector)
            if keeps:
                stack.append(h)
        return self.dec[self.conv](F.silu(self.dec[self.norm](h), inplace=True))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm0 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width)
        self.mlp0 = nn.Linear(width, 4 * width)
        self.mlp1 = nn.Linear(4 * width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.qkv(self.norm0(x)).view(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width)
        x = x + self.proj(mixed)
        return x + self.mlp1(F.gelu(self.mlp0(self.norm1(x))))


class Transformer(nn.Module):
    """Each pixel of the image is a token."""

    def __init__(self, image, blocks, heads):
        super().__init__()
        width = image["channels"]
        for i in range(blocks):
            self.add_module(f"block{i}", TransformerBlock(width, heads))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, width)
        self.blocks = [getattr(self, f"block{i}") for i in range(blocks)]

    def forward(self, x, t):
        tokens = x.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return self.out(self.norm(tokens)).transpose(1, 2).view_as(x)


kinds = {"unet": UNet, "song-unet": SongUNet, "transformer": Transformer}


def build(kind, image, options):
    return kinds[kind](image, **options)


def load(task, weights):
    """The network of a task with its parameters, which stand one after the other in `weights`."""
    model = build(task["network"]["kind"], task["image"], task["network"]["options"])
    at, state = 0, {}
    for parameter in task["parameters"]:
        size = 1
        for length in parameter["shape"]:
            size *= length
        state[parameter["name"]] = weights[at : at + size].view(parameter["shape"])
        at += size
    model.load_state_dict(state, strict=True)
    return model
