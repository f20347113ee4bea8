"""A table whose rows share what their tokens' spellings share; folded into a plain table once it is learned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from index.grams import grams


class Tied(torch.nn.Module):
    """A token's row is one of its own plus the sum of its character n-grams' rows, over the root of their number.

    So a rare word, an inflection and a cognate in another language begin where their likes are, not at random.
    """

    def __init__(self, vocabulary: Sequence[str], width: int, spread: float, lengths: tuple[int, int], least: int):
        """Start at random; `lengths` are the shortest and longest n-gram, `least` how many tokens must share one."""
        super().__init__()
        self._grams = grams(vocabulary, *lengths, least)
        self.own = torch.nn.Parameter(spread * torch.randn(len(vocabulary), width))
        self.shared = torch.nn.Parameter(spread * torch.randn(self._grams.kinds, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Give the rows (n x width) of n token ids."""
        found, many = self._grams.of(tokens.numpy())
        counts = torch.from_numpy(many)
        weights = counts.clamp(min=1).to(torch.float32).rsqrt().repeat_interleave(counts)
        alike = functional.embedding_bag(
            torch.from_numpy(found), self.shared, counts.cumsum(0) - counts, mode="sum", per_sample_weights=weights
        )
        return functional.embedding(tokens, self.own) + alike
