"""What Python's tools make of GPTQ folders, and folders that they make. Driven by gptq.test.ts.

Needs torch, transformers, gptqmodel and optimum; runs on a CPU.

  gptq.py logits IDS DIR…   → {DIR: {"exact": […], "kernel": […]}}, logits of the last position
      exact: gptqmodel unpacks the codes, transformers runs them in float32
      kernel: transformers opens the folder itself, and the kernel that gptqmodel chooses runs it
  gptq.py quantize DENSE [[OUT, BITS, GROUP, SYM, ACT, FORMAT]…]   quantises with gptqmodel
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")  # its default of one is less than it needs
sys.stdout, real_stdout = sys.stderr, sys.stdout  # gptqmodel greets on stdout

import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402


def last_logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0, -1].float().tolist()


def opened(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, device_map="cpu")


def exact(folder, ids):
    from gptqmodel.utils.model_dequant import dequantize_model

    if "quantization_config" not in json.loads((Path(folder) / "config.json").read_text()):
        return last_logits(opened(folder), ids)
    with tempfile.TemporaryDirectory() as parent:
        dense = Path(parent) / "dense"
        dequantize_model(folder, dense, target_dtype=torch.float32)
        return last_logits(opened(dense), ids)


def quantize(dense, out, bits, group, sym, act, form):
    from gptqmodel import BACKEND, GPTQModel, QuantizeConfig

    config = QuantizeConfig(
        bits=int(bits), group_size=int(group), sym=sym == "true", desc_act=act == "true", format=form
    )
    model = GPTQModel.load(dense, config, device="cpu")
    vocabulary = model.model.config.vocab_size
    rows = torch.randint(0, vocabulary, (16, 48), generator=torch.Generator().manual_seed(1))
    samples = [{"input_ids": row.tolist(), "attention_mask": [1] * 48} for row in rows]
    model.quantize(samples, batch_size=1, backend=BACKEND.GPTQ_TORCH)
    model.save(out)


def main():
    command, first, *rest = sys.argv[1:]
    if command == "quantize":
        for spec in json.loads(rest[0]):
            quantize(first, *spec)
        return
    ids = json.loads(first)
    found = {
        folder: {"exact": exact(folder, ids), "kernel": last_logits(opened(folder), ids)}
        for folder in rest
    }
    print(json.dumps(found), file=real_stdout)


main()
