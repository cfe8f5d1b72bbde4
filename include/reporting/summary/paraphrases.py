"""Which statements say the same in other words: the same content words in another order, nothing decisive
apart.

A second look at what the exact keys of reporting.summary.synthesis left apart. Wordings are compared only
with those that have a rare word in common, so that the work grows with their number.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reporting.summary.topics import Folding, Words, spelt

SHARE = 0.64
"""Content words two wordings have in common, of all that stand in either, from which they say the same."""
FEWEST = 7
"""Shorter wordings are compared by their exact key alone: a word more or less is another statement."""
MOST_WITH_A_WORD = 40
"""A word of more wordings than these leads from none to another."""


@dataclass(frozen=True)
class Wording:
    """The words of a statement in order, without small words and marks; `names` are those that were written
    in upper case within the sentence, `asks` whether it is of a section that asks for something.
    """

    words: Words
    names: frozenset[str]
    asks: bool
    folding: Folding

    @cached_property
    def plain(self) -> Words:
        """The words without those that weigh nothing when two wordings are compared; a phrase in which a
        decisive word decides nothing ("nước ngoài") is one word.
        """
        plainly = self.folding.plainly
        kept: list[str] = []
        place = 0
        while place < len(self.words):
            for length in range(self.folding.longest_plainly, 0, -1):
                phrase = self.words[place : place + length]
                if phrase in plainly:
                    kept += plainly[phrase]
                    place += length
                    break
            else:
                kept.append(self.words[place])
                place += 1
        return tuple(kept)

    @cached_property
    def content(self) -> frozenset[str]:
        """The words that are compared, in no order."""
        return frozenset(self.plain) - {spelt(self.folding.cause.word), spelt(self.folding.cause.result)}

    def anchors(self, names: frozenset[str]) -> list[tuple[Words, frozenset[str]]]:
        """What must not differ, in order, each with the content words beside it: numbers and decisive
        words (those that follow each other are one), and `names`.
        """
        found: list[tuple[Words, frozenset[str]]] = []
        words, place = self.plain, 0
        while place < len(words):
            end = place + 1
            if self._is_fixed(words[place]):
                while end < len(words) and self._is_fixed(words[end]):
                    end += 1
            if self._is_fixed(words[place]) or words[place] in names:
                beside = {*words[max(0, place - 1) : place], *words[end : end + 1]}
                found.append((words[place:end], frozenset(w for w in beside if not self._is_loose(w))))
            place = end
        return found

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """What wordings that say the same have alike: decisive words and numbers in alphabetical order, what
        is called a cause; of what is asked for, who is asked.
        """
        folding = self.folding
        fixed = sorted(filter(self._is_fixed, self.plain))
        cause, result = spelt(folding.cause.word), spelt(folding.cause.result)
        causes = {
            self.plain[n + 1] for n, w in enumerate(self.plain) if w == cause and n + 1 < len(self.plain)
        }
        if result in self.plain and not causes:
            causes = {self.plain[0]}
        return (
            tuple(fixed),
            frozenset(causes),
            frozenset(folding.apart & set(self.plain)),
            self.words[:2] if self.asks else (),
        )

    @cached_property
    def denied(self) -> frozenset[str] | None:
        """The content words behind the first word that denies; None where nothing is denied."""
        places = [n for n, w in enumerate(self.plain) if w in self.folding.negates]
        return frozenset(self.plain[places[0] + 1 :]) if places else None

    def _is_fixed(self, word: str) -> bool:
        return word in self.folding.decisive_words or _is_number(word)

    def _is_loose(self, word: str) -> bool:
        return self._is_fixed(word) or word in self.folding.place_words


def same(one: Wording, other: Wording) -> bool:
    """Whether two wordings of one signature say the same in other words."""
    if not (one.names <= set(other.words) and other.names <= set(one.words)):
        return False
    common = one.content & other.content
    if len(common) < SHARE * len(one.content | other.content) or len(common) < FEWEST:
        return False
    if one.denied is not None and other.denied is not None and one.denied & common != other.denied & common:
        return False  # what is denied here is said there
    return _anchored(one, other)


def _anchored(one: Wording, other: Wording) -> bool:
    """Whether numbers, decisive words and names are said of the same: each stands beside a word beside which
    no other of them stands, in both wordings; or they are in the same order, beside the same words. One
    decisive word may stand elsewhere ("thiếu nhân lực", "nhân lực thiếu").
    """
    names = one.names & other.names
    here, there = one.anchors(names), other.anchors(names)
    if Counter(a for a, _ in here) != Counter(a for a, _ in there):
        return False
    near, far = _beside(here), _beside(there)
    crowded = {
        w for half in (here, there) for w, n in Counter(w for _, ws in half for w in ws).items() if n > 1
    }
    known = {a for a in near if len(near[a]) == len(far[a]) == 1 and near[a][0] & far[a][0] - crowded}
    loose = {a for a in near if not any(words & others for words in near[a] for others in far[a])}
    if len(loose) > 1:
        return False
    free = {
        a for a in loose if len(near[a]) == 1 and len(a) == 1 and not _is_number(a[0]) and a[0] not in names
    }
    rest = known | free
    return [a for a, _ in here if a not in rest] == [a for a, _ in there if a not in rest]


def _beside(anchors: Iterable[tuple[Words, frozenset[str]]]) -> dict[Words, list[frozenset[str]]]:
    beside: dict[Words, list[frozenset[str]]] = defaultdict(list)
    for anchor, words in anchors:
        beside[anchor].append(words)
    return beside


def paraphrases(
    wordings: Sequence[Wording], is_same: Callable[[Wording, Wording], bool] | None = None
) -> Iterator[tuple[int, int]]:
    """The places of each two of `wordings` that say the same in other words."""
    compared = is_same or same
    blocks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, wording in enumerate(wordings):
        if len(wording.content) >= FEWEST:
            blocks[wording.signature].append(place)
    for places in blocks.values():
        for one, other in _candidates([wordings[p].content for p in places]):
            if compared(wordings[places[one]], wordings[places[other]]):
                yield places[one], places[other]


def _candidates(contents: Sequence[frozenset[str]]) -> Iterable[tuple[int, int]]:
    """Pairs that may share enough: two sets that do have one of their rarest words in common."""
    known = Counter(word for content in contents for word in content)
    holders: dict[str, list[int]] = defaultdict(list)
    for place, content in enumerate(contents):
        rarest = sorted(content, key=lambda word: (known[word], word))
        for word in rarest[: len(content) - math.ceil(SHARE * len(content)) + 1]:
            holders[word].append(place)
    seen: set[tuple[int, int]] = set()
    for places in holders.values():
        if len(places) <= MOST_WITH_A_WORD:
            seen.update((one, other) for n, one in enumerate(places) for other in places[n + 1 :])
    return sorted(seen)


def _is_number(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
