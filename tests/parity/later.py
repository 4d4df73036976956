"""Golden cases whose feature is not built yet: shown as skipped, with the reason.

This is the whole list.  A kind that stands neither here nor in the ``CHECKS`` of a
``checks_*.py`` fails, and a kind must not stand in both.
"""

from __future__ import annotations

HEADS = "downstream tasks: their heads, losses and fine-tuning"
EVALUATION = "downstream evaluation: metrics as the papers count them"
READERS = "readers of the originals' files on disk"

LATER: dict[tuple[str, str], str] = {
    ("uniter", "vqa"): HEADS,
    ("uniter", "ve"): HEADS,
    ("uniter", "vcr"): HEADS,
    ("uniter", "re_mlp1"): HEADS,
    ("uniter", "re_mlp2"): HEADS,
    ("uniter", "nlvr2_paired"): HEADS,
    ("uniter", "nlvr2_paired_attn"): HEADS,
    ("uniter", "nlvr2_triplet"): HEADS,
    ("uniter", "itm_rank"): HEADS,
    ("uniter", "itm_hard_neg"): HEADS,
    ("uniter", "extra_re_iou"): EVALUATION,
    ("uniter", "extra_itm_eval"): EVALUATION,
    ("uniter", "extra_num_bb"): READERS,
    ("uniter", "extra_ondisk"): READERS,
    ("vilbert", "tasks"): HEADS,
    ("vilbert", "mt_tasks"): HEADS,
    ("vilbert", "extra_ondisk"): READERS,
    ("vilbert", "extra_mt_ondisk"): READERS,
    ("vlp", "vqa"): HEADS,
    ("vlp", "scst"): HEADS,
    ("unimo", "img2txt_train"): HEADS,
    ("unimo", "dialog_train"): HEADS,
    ("unimo", "classification"): HEADS,
    ("unimo", "regression"): HEADS,
    ("unimo", "retrieval"): HEADS,
    ("unimo", "visual_entailment"): HEADS,
}
