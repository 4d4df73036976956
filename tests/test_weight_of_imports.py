"""What a small machine pays for: the compiler is loaded by those who compile alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from workbench.layers import attention

ROOT = Path(__file__).parents[1]


def test_looking_into_a_model_does_not_load_the_compiler():
    script = "import sys, workbench.explain.attention, workbench.quickstart.ready\n"
    script += "print('torch._dynamo' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "False"


def test_a_card_s_ability_is_a_constant_to_the_compiler():
    """Marked as torch itself marks such a function."""
    marked = torch.compiler.assume_constant_result(lambda: 0)
    assert vars(marked).items() <= vars(attention._capability).items() and vars(marked)
