"""Logits of models behind PEFT folders. Driven by adapters.test.ts.

Needs torch, transformers and peft; runs on a CPU.

  adapters.py IDS [[BASE, FOLDER or ""]…]   → [[…]…], float32 logits of the last position,
      or what peft said instead
"""

import json
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.stdout, real_stdout = sys.stderr, sys.stdout  # peft imports gptqmodel, which greets on stdout

import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402


def last_logits(base, folder, ids):
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=torch.float32, attn_implementation="eager"
    )
    if folder:
        model = PeftModel.from_pretrained(model, folder)
    model.eval()
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0, -1].tolist()


def attempt(base, folder, ids):
    try:
        return last_logits(base, folder, ids)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


def main():
    ids = json.loads(sys.argv[1])
    found = [attempt(*case, ids) for case in json.loads(sys.argv[2])]
    print(json.dumps(found), file=real_stdout)


main()
