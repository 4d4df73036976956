"""Everything that a session of explorers asks about one model and some pairs of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from widgets.attention.change import Rerun
from widgets.attention.record import AttentionRecord
from widgets.attribution.record import AttributionRecord
from widgets.guesses.record import GuessRecord
from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.retrieval.record import RetrievalRun
from workbench.explain.attention import attention_on
from workbench.explain.attribution import attributions
from workbench.explain.embedding_tables import embedding_table
from workbench.explain.guesses import guesses, guesses_over
from workbench.explain.hiding import every_word, whole_word
from workbench.explain.questions import Question, matching_question, word_question
from workbench.explain.rerun import rerun
from workbench.objectives.matching import Matching
from workbench.quickstart.evaluation import POOL, listed_scenes
from workbench.quickstart.pointing import scenes_of
from workbench.quickstart.retrieving import retrieve_scenes, shown_pair
from workbench.quickstart.stream import SceneStream
from workbench.training.model import Pretraining
from workbench.training.run import Run


class SceneLook:
    """A model, or a run's newest, and pairs of scenes, as a ``widgets.Session`` asks for them.

    ``examples`` are numbers of the stream's examples, by default one a scene that has a listing;
    sentence ``i`` is the i-th of these, picture ``j`` the j-th of their pictures.  With a run the
    guesses are told at every checkpoint that it kept.  Nothing is computed before it is asked for.
    """

    def __init__(
        self,
        model: Pretraining | Run,
        stream: SceneStream,
        examples: Sequence[int] | None = None,
        *,
        name: str = "",
    ) -> None:
        self.run = model if isinstance(model, Run) else None
        self.model = (model.load() if isinstance(model, Run) else model).eval()
        self.stream = stream
        self.name = name or (self.run.path.name if self.run else "model")
        if examples is None:
            listed = {e.image for e in stream.examples if e.kind == "list"}
            examples = listed_scenes(stream, min(POOL, len(listed)))
        self.examples = tuple(examples)
        self.shown = cache(lambda i, j: shown_pair(stream, (i, j), self.examples))
        self.retrieval = cache(self._retrieval)
        self.embeddings = cache(self._embeddings)

    @classmethod
    def of(cls, run: Run, count: int = 30) -> SceneLook:
        """A look at ``count`` validation scenes of the kind that a run learns from."""
        return cls(run, scenes_of(run, "validation", count))

    def attention(self, sentence: int, picture: int) -> AttentionRecord:
        """Every attention weight of sentence ``i`` beside picture ``j``."""
        return attention_on(self.model, self.shown(sentence, picture))

    def rerun(self, sentence: int, picture: int) -> Rerun:
        """Looks again at that pair without some words, regions or heads."""
        return rerun(self.model, self.shown(sentence, picture))

    def question(self, sentence: int, picture: int) -> Question:
        """Whether the two belong together; of a model that cannot say, which name is hidden."""
        shown = self.shown(sentence, picture)
        if any(isinstance(one, Matching) for one in self.model.mix.found().values()):
            return matching_question(self.model, shown)
        example = self.stream.examples[self.examples[sentence]]
        rows = self.stream.tokenizer.spans_to_rows(example.sentence, example.spans)
        names = [own for span, own in zip(example.spans, rows, strict=True) if span.role == "name"]
        places = names[0] if names else whole_word(shown, 1).words
        return word_question(self.model, shown, places)

    def attribution(self, sentence: int, picture: int) -> AttributionRecord:
        """What the answer to ``question`` rests on, by every method (a few seconds)."""
        return attributions(self.model, self.question(sentence, picture))

    def guesses(self, sentence: int, picture: int) -> GuessRecord:
        """What is guessed for every word in turn, with and without the picture."""
        shown, pieces = self.shown(sentence, picture), self.stream.tokenizer.pieces
        if self.run is None:
            return guesses(self.model, shown, every_word(shown), pieces)
        return guesses_over(self.run, shown, every_word(shown), pieces)

    def _retrieval(self) -> RetrievalRun:
        return retrieve_scenes(self.model, self.stream, self.examples, called=self.name)

    def _embeddings(self) -> EmbeddingTable:
        pairs = [self.shown(i, i) for i in range(len(self.examples))]
        widths = getattr(self.model.encoder, "widths", None)
        same = widths is None or widths.text == widths.regions
        kinds = ("word", "region") if same else ("word",)
        return embedding_table(self.model, pairs, name=self.name, kinds=kinds)
