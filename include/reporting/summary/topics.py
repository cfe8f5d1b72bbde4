"""Topics of what offices write, and which differences of wording say nothing: include/topics.yaml."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from reporting import plain_yaml
from reporting.data_files import data_file
from reporting.settings import INCLUDE

FILE = INCLUDE / "topics.yaml"
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_FINAL_Y = re.compile(r"(?<=[bcdđghklmnpqrstvx])y$|(?<=qu)y$")

_HEAD = 6
"""So many words at the beginning of a statement say what it is about."""

Words = tuple[str, ...]


@lru_cache(maxsize=65536)
def spelt(word: str) -> str:
    """A word as it is compared: lower case, its tone behind it (hòa = hoà), lý = lí. NFD."""
    parts = unicodedata.normalize("NFD", word.casefold())
    tones = "".join(_TONES.findall(parts))
    return _FINAL_Y.sub("i", _TONES.sub("", parts)) + tones


def spelt_words(phrase: str) -> Words:
    """The words of a phrase, without numbers and marks, as they are compared."""
    return tuple(spelt(word) for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", phrase)))


def _nfc(value: str) -> str:
    return unicodedata.normalize("NFC", value)


Phrase = Annotated[str, AfterValidator(_nfc)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Topic(_Data):
    """What statements may be about."""

    code: str
    label: Phrase
    keywords: tuple[Phrase, ...]


class Cause(_Data):
    """How a cause is put before its result, or behind it."""

    word: Phrase
    result: Phrase


class Folding(_Data):
    """Which differences of wording say nothing, and which words always say something."""

    small_words: tuple[Phrase, ...]
    small_unless_denied: tuple[Phrase, ...]
    denying: tuple[Phrase, ...]
    same_phrases: dict[Phrase, Phrase]
    places: tuple[Phrase, ...]
    cause: Cause
    enumerating: tuple[Phrase, ...]
    abbreviations: dict[Phrase, Phrase]
    own_name: Phrase
    own_titles: tuple[Phrase, ...]
    speakers: tuple[Phrase, ...]
    done_sections: frozenset[str]
    done: Phrase
    asking_sections: frozenset[str]
    urging: tuple[Phrase, ...]
    asks: tuple[Phrase, ...]
    not_the_ministry: tuple[Phrase, ...]
    decisive: tuple[Phrase, ...]
    written_out_in_reports: dict[Phrase, Phrase]
    weighing_nothing: tuple[Phrase, ...]
    saying_as_much: dict[Phrase, Phrase]
    deciding_nothing: tuple[Phrase, ...]
    telling_apart: tuple[Phrase, ...]
    negating: tuple[Phrase, ...]

    def with_full_words(self, text: str) -> str:
        """`text` with the abbreviations that are written out wherever the report quotes an office."""
        for short, long in self.written_out_in_reports.items():
            text = re.sub(rf"^{re.escape(short)}(?!\w)", long[:1].upper() + long[1:], text)
            text = re.sub(rf"(?<![\w/–-]){re.escape(short)}(?![\w&])", long, text)
        return text

    @cached_property
    def plainly(self) -> dict[Words, Words]:
        """Phrases with what they are when two wordings are compared: nothing, other words, or one word."""
        return {
            **{spelt_words(phrase): () for phrase in self.weighing_nothing},
            **{spelt_words(one): spelt_words(other) for one, other in self.saying_as_much.items()},
            **{words: (" ".join(words),) for words in map(spelt_words, self.deciding_nothing)},
        }

    @cached_property
    def longest_plainly(self) -> int:
        """How many words the longest of these phrases has."""
        return max(map(len, self.plainly), default=1)

    @cached_property
    def apart(self) -> frozenset[str]:
        """Words that tell two wordings apart, as they are compared."""
        return frozenset(map(spelt, self.telling_apart))

    @cached_property
    def negates(self) -> frozenset[str]:
        """Words that negate what stands behind them, as they are compared."""
        return frozenset(map(spelt, self.negating))

    @cached_property
    def small(self) -> frozenset[Words]:
        """The small words, as they are compared."""
        return frozenset(map(spelt_words, self.small_words))

    @cached_property
    def small_if_not_denied(self) -> frozenset[Words]:
        """What is small in a statement that denies nothing, as it is compared."""
        return frozenset(map(spelt_words, self.small_unless_denied))

    @cached_property
    def longest_small(self) -> int:
        """How many words the longest small phrase has."""
        return max(map(len, self.small | self.small_if_not_denied | set(self.same)), default=1)

    @cached_property
    def denies(self) -> frozenset[Words]:
        """Phrases that deny, as they are compared."""
        return frozenset(map(spelt_words, self.denying))

    @cached_property
    def same(self) -> dict[Words, Words]:
        """Phrases with the one that says the same, as they are compared."""
        return {spelt_words(one): spelt_words(other) for one, other in self.same_phrases.items()}

    @cached_property
    def place_words(self) -> frozenset[str]:
        """Words that begin a place, as they are compared."""
        return frozenset(map(spelt, self.places))

    @cached_property
    def who_speaks(self) -> tuple[Words, ...]:
        """How an office names itself, as it is compared; the longest phrase first."""
        return tuple(sorted(map(spelt_words, self.speakers), key=len, reverse=True))

    @cached_property
    def urges(self) -> frozenset[str]:
        """Words that only urge, as they are compared."""
        return frozenset(map(spelt, self.urging))

    @cached_property
    def commas(self) -> frozenset[str]:
        """Words that are as good as a comma, as they are compared."""
        return frozenset(map(spelt, self.enumerating))

    @cached_property
    def asking(self) -> tuple[Words, ...]:
        """How something is asked for, the longest phrase first."""
        return tuple(sorted(map(spelt_words, self.asks), key=len, reverse=True))

    @cached_property
    def behind_bo(self) -> frozenset[str]:
        """Words behind which "Bộ" is not the ministry alone."""
        return frozenset(map(spelt, self.not_the_ministry))

    @cached_property
    def decisive_words(self) -> frozenset[str]:
        """The decisive words, as they are compared."""
        return frozenset(map(spelt, self.decisive))

    @cached_property
    def written_out(self) -> dict[str, Words]:
        """Abbreviations, as they are compared, with what they stand for."""
        return {_abbreviation(short): spelt_words(long) for short, long in self.abbreviations.items()}


class NothingToSay(_Data):
    """How an office says that it has nothing to say: it denies, and names only what might have been."""

    denying: tuple[Phrase, ...]
    denied: tuple[Phrase, ...]
    beside: tuple[Phrase, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        def one_of(phrases: tuple[Phrase, ...]) -> str:
            spelt_phrases = sorted((" ".join(spelt_words(p)) for p in phrases), key=len, reverse=True)
            return f"(?:{'|'.join(map(re.escape, spelt_phrases))})"

        beside, denied = one_of(self.beside), one_of(self.denied)
        return re.compile(
            rf"(?:{beside} )*{one_of(self.denying)} (?:{beside} )*{denied} (?:(?:{denied}|{beside}) )*"
        )

    def says(self, words: Words) -> bool:
        """Whether `words`, as they are compared, say no more than that there is nothing to say."""
        return self._pattern.fullmatch(" ".join((*words, ""))) is not None


class LeftOut(_Data):
    """What is no statement: how such lines begin, or what they are as a whole."""

    beginnings: tuple[Phrase, ...]
    whole_lines: tuple[Phrase, ...]
    nothing_to_say: NothingToSay

    @cached_property
    def openings(self) -> tuple[Words, ...]:
        """The beginnings, as they are compared."""
        return tuple(map(spelt_words, self.beginnings))

    @cached_property
    def lines(self) -> frozenset[Words]:
        """The whole lines, as they are compared."""
        return frozenset(map(spelt_words, self.whole_lines))


class Topics(_Data):
    """The content of include/topics.yaml."""

    topics: tuple[Topic, ...]
    folding: Folding
    left_out: LeftOut

    @model_validator(mode="after")
    def _consistent(self) -> Topics:
        codes = [topic.code for topic in self.topics]
        if not codes or len(set(codes)) < len(codes):
            raise ValueError("topics: give each code once")
        if self.topics[-1].keywords or any(not topic.keywords for topic in self.topics[:-1]):
            raise ValueError("topics: the last one takes the rest and has no keywords, the others have some")
        decisive = self.folding.decisive_words
        if both := [w for w in self.folding.small_words if decisive & set(spelt_words(w))]:
            raise ValueError(f"folding: {', '.join(both)}: small and decisive; take it out of one")
        return self

    def topic_of(self, text: str) -> str:
        """The code of the topic of which most words stand in `text`; those that begin among its first words,
        where it says what it is about, count twice.
        """
        listed = spelt_words(text)
        words = f" {' '.join(listed)} "
        head = len(" ".join(listed[:_HEAD])) if len(listed) > _HEAD else len(words)
        best, most = self.topics[-1].code, 0
        for code, phrases in self._phrases:
            places = ((words.find(phrase), length) for phrase, length in phrases)
            found = sum(length * (2 if place <= head else 1) for place, length in places if place >= 0)
            if found > most:
                best, most = code, found
        return best

    @cached_property
    def _phrases(self) -> list[tuple[str, list[tuple[str, int]]]]:
        return [
            (
                topic.code,
                [(f" {' '.join(words)} ", len(words)) for words in map(spelt_words, topic.keywords)],
            )
            for topic in self.topics
        ]


def _abbreviation(short: str) -> str:
    return unicodedata.normalize("NFD", short.casefold())


def load_topics(file: Path = FILE) -> Topics:
    """The topics and rules of folding. Raises ValueError naming the file, the place and the fault."""
    return _parsed(file, data_file(file))


@lru_cache(maxsize=4)
def _parsed(file: Path, content: bytes) -> Topics:
    try:
        return Topics.model_validate(plain_yaml.load(content.decode()))
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"{file}: {error}") from error


def topics() -> tuple[Topic, ...]:
    """The topics in the order in which a report has them; the last one takes the rest."""
    return load_topics().topics
