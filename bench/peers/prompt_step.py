"""PyTorch's time for the prompt-gradient step of bench/cases/prompt-step.ts: the same shapes, frozen
weights, a gradient with respect to the prompt alone. Prints one JSON line of milliseconds per step.

    python3 bench/peers/prompt_step.py THREADS STEPS
"""

import json
import sys
import time

import torch
from torch.nn import functional as F

LAYERS, WIDTH, HEADS, FFN, VOCABULARY = 4, 768, 12, 3072, 8192
BATCH, LENGTH, TOKENS = 4, 128, 20

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def weight(rows, columns):
    return torch.randn(rows, columns) * 0.03


blocks = [
    {
        **{name: weight(WIDTH, WIDTH) for name in "qkvo"},
        "gate": weight(FFN, WIDTH),
        "up": weight(FFN, WIDTH),
        "down": weight(WIDTH, FFN),
    }
    for _ in range(LAYERS)
]
head = weight(VOCABULARY, WIDTH)
half = WIDTH // HEADS // 2
angles = torch.arange(LENGTH + TOKENS)[:, None] / 10000 ** (torch.arange(half) / half)
cos, sin = angles.cos(), angles.sin()
mask = torch.full((LENGTH + TOKENS, LENGTH + TOKENS), -1e9).triu(1)


def norm(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def rotate(x):
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def block(x, w):
    batch, length, _ = x.shape
    h = norm(x)
    split = lambda y: y.view(batch, length, HEADS, -1).transpose(1, 2)
    q, k, v = (split(h @ w[name].T) for name in "qkv")
    scores = rotate(q) @ rotate(k).transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + mask
    x = x + (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape) @ w["o"].T
    h = norm(x)
    return x + (F.silu(h @ w["gate"].T) * (h @ w["up"].T)) @ w["down"].T


def step(prompt, x, targets):
    y = torch.cat([prompt.expand(BATCH, -1, -1), x], 1)
    for w in blocks:
        y = block(y, w)
    logits = norm(y[:, TOKENS - 1 : -1]) @ head.T
    loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), targets.reshape(-1))
    return torch.autograd.grad(loss, prompt)


prompt = torch.randn(TOKENS, WIDTH, requires_grad=True)
x = torch.randn(BATCH, LENGTH, WIDTH)
targets = torch.randint(VOCABULARY, (BATCH, LENGTH))
step(prompt, x, targets)
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    step(prompt, x, targets)
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps({"version": torch.__version__, "milliseconds": times}))
