"""Class-aware region embeddings: what a region shows, where it is, what a detector sees (P3)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.layers.embeddings import fitting_features
from workbench.layers.geometry import Code, geometry5, geometry6
from workbench.pairs import Regions

NORM_EPS = 1e-5


class PlaceAndClasses(nn.Module):
    """Box numbers and class probabilities, each normalised, side by side: [R, ``size``] (P3, X5).

    The released code has neither projections nor norms that learn (``norm_weights``); the paper's
    W_c and W_g (``projected``) come before the norms, and are ``width`` wide here, for it does not
    say.
    """

    def __init__(
        self,
        width: int,
        classes: int,
        *,
        geometry: Code = geometry6,
        geometry_size: int = 6,
        background: bool = True,
        geometry_first: bool = True,
        projected: bool = False,
        norm_weights: bool = False,
    ) -> None:
        super().__init__()
        classes = classes if background else classes - 1
        self.geometry = geometry
        self.background = background
        self.geometry_first = geometry_first
        self.of_geometry = nn.Linear(geometry_size, width) if projected else nn.Identity()
        self.of_classes = nn.Linear(classes, width) if projected else nn.Identity()
        sizes = (width, width) if projected else (geometry_size, classes)
        self.geometry_norm, self.classes_norm = (
            nn.LayerNorm(size, eps=NORM_EPS, elementwise_affine=norm_weights) for size in sizes
        )
        self.size = sum(sizes)

    def forward(self, regions: Regions) -> Float[Tensor, "R code"]:
        """The code of every region."""
        code = self.geometry(regions)
        classes = regions.classes if self.background else regions.classes[:, 1:]
        parts = [
            self.geometry_norm(self.of_geometry(code)),
            self.classes_norm(self.of_classes(classes.to(code.dtype))),
        ]
        return torch.cat(parts if self.geometry_first else parts[::-1], dim=-1)


def geometry5_and_confidence(regions: Regions) -> Float[Tensor, "R 6"]:
    """x1, y1, x2, y2, area and confidence, as fractions of the picture itself (A11.2)."""
    return torch.cat([geometry5(regions), regions.confidence[:, None]], dim=-1)


def geometry6_without_confidence(regions: Regions) -> Float[Tensor, "R 5"]:
    """x1, y1, x2, y2 and area, as fractions of the largest coordinates (A11.1)."""
    return geometry6(regions)[:, :5]


class ClassAwareRegions(nn.Module):
    """W_r feature + W_p code, neither normalised yet; zero where a region is hidden (P3, P11).

    Features are the detector's fc6 answers.  ``fc7``, a layer of the detector that is fine-tuned
    with the model, stands before the projection (``load_fc7`` fills it).  ``code`` gives
    ``code_size`` numbers for the place and class of each region.
    """

    def __init__(
        self,
        width: int,
        feature_size: int,
        dropout: float,
        code: Code | nn.Module,
        code_size: int,
        *,
        fc7: bool = True,
        relu: bool = True,
    ) -> None:
        super().__init__()
        self.code = code
        self.feature_size = feature_size
        self.fc7 = nn.Linear(feature_size, feature_size) if fc7 else nn.Identity()
        self.feature = nn.Linear(feature_size, width)
        self.place = nn.Linear(code_size, width)
        self.activation: Callable[[Tensor], Tensor] = nn.ReLU() if relu else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def features(self, regions: Regions) -> Float[Tensor, "R D"]:
        """What each region shows, hidden or not."""
        given = fitting_features(regions, self.feature_size)
        return self.dropout(self.activation(self.feature(self.activation(self.fc7(given)))))

    def places(self, regions: Regions) -> Float[Tensor, "R D"]:
        """Where each region is and what it may be, hidden or not."""
        return self.dropout(self.activation(self.place(self.code(regions))))

    def forward(self, regions: Regions) -> Float[Tensor, "R D"]:
        """One row per region; hidden ones keep neither feature nor place [c]."""
        rows = self.features(regions) + self.places(regions)
        return rows if regions.hidden is None else rows.masked_fill(regions.hidden[:, None], 0.0)

    def load_fc7(self, weight: Float[Tensor, "F F"], bias: Float[Tensor, "F"]) -> None:
        """Begin from a detector's fc7 (P11); raises ``ValueError`` where there is none to fill."""
        if not isinstance(self.fc7, nn.Linear) or self.fc7.weight.shape != weight.shape:
            there = tuple(self.fc7.weight.shape) if isinstance(self.fc7, nn.Linear) else "none"
            raise ValueError(
                f"fc7 weights of {tuple(weight.shape)} were given, this model's are {there}; take "
                "those of the detector that made the features"
            )
        with torch.no_grad():
            self.fc7.weight.copy_(weight)
            self.fc7.bias.copy_(bias)
