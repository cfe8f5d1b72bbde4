"""Putting together what many offices wrote: statements that say the same are one, nothing is added.

Two lines are one statement only where they have the same words in the same order, but for what
include/topics.yaml names: small words, abbreviations, how something is asked for, the order of enumerated
parts, and a slip of the marks of one word. A second look joins paraphrases (reporting.summary.paraphrases).
Everything is found by key: no line is compared with all others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unidecode import unidecode

from reporting.summary.data import Narrative, SummaryData
from reporting.summary.paraphrases import Wording, paraphrases
from reporting.summary.topics import Folding, LeftOut, load_topics, spelt

_BULLET = re.compile(
    r"^\s*(?P<mark>[-–—+*•·▪●]|\(?\d{1,2}(?:\.\d{1,2})*[.)]|\(?[a-zđ][.)]|[IVX]{1,4}[.)])\s+", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]")
_TOKENS = re.compile(
    r"(?P<number>[<>≤≥+±−]?\d[\w./,\-–%]*)|(?P<word>[^\W\d_]+(?:&[^\W\d_]+)*)|(?P<part>[,;:()])"
)
_DIGIT = re.compile(r"\d")
_SENTENCE_END = re.compile(r"(?<=[.;!])\s+")
_WORDS_OF_NAME = re.compile(r"[^\s–-]+")
_FEWEST_WORDS_BESIDE_A_SLIP = 4
_SEPARATOR, _COLON = ",", ":"
_PARTING = (_SEPARATOR, _COLON)
_ASKED = "?"
_OF_PROVINCES = frozenset({"province_committee", "province_department"})
_CLOSING = ".;,/! "


_Key = tuple[str, ...]
_Beside = tuple[_Key, str, _Key]
"""The words before, a word without its marks, and the words behind it."""


@dataclass(frozen=True)
class Source:
    """Where an office wrote it."""

    organization_id: str
    section: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class Statement:
    """What one or more offices wrote: the wording most of them used, and who they are, in list order.

    `topic` is the code of one of `reporting.summary.topics.topics()`; `sources` are all places that say it.
    """

    text: str
    organization_ids: tuple[str, ...]
    topic: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Line:
    """One statement as an office wrote it, `common` without its own name, and the words that are compared;
    `names` are those of them that are written in upper case within it.
    """

    text: str
    common: str
    key: _Key
    source: Source
    names: frozenset[str] = frozenset()


def statements(
    narratives: Iterable[Narrative], *, ministry: str = "", provinces: Mapping[str, str] | None = None
) -> list[Statement]:
    """What `narratives` (in list order) say, each thing once.

    Most offices first, then in the order of the list. The wording shown is one that an office wrote, but for
    the abbreviations in common use, which are written out; all its offices are named. `ministry` is the one
    that asks: its name after "Đề nghị" says no more than "Đề nghị".
    `provinces` are the names of the offices of provinces, by organization_id: one that writes its own name
    says the same as the others, and where several do, "địa phương" is shown for it.
    """
    rules = load_topics()
    reader = _Reader(rules.folding, rules.left_out, ministry, provinces or {})
    groups = _Groups(rules.folding)
    written_out = rules.folding.with_full_words
    for narrative in narratives:
        for line in reader.lines(narrative):
            groups.add(line)
    found = [
        Statement(
            text := _wording(lines, written_out),
            tuple(dict.fromkeys(line.source.organization_id for line in lines)),
            rules.topic_of(text),
            tuple(dict.fromkeys(line.source for line in lines)),
        )
        for lines in groups.joined()
    ]
    return sorted(found, key=lambda statement: -len(statement.organization_ids))


def citable_statements(data: SummaryData, section: str) -> list[Statement]:
    """What the offices of a cycle whose words the report may use say in a section of the form."""
    return statements(
        (n for n in data.narratives if n.section == section and n.is_citable),
        ministry=data.regime.ministry.name,
        provinces=province_names(data),
    )


def province_names(data: SummaryData) -> dict[str, str]:
    """The names of the offices of provinces, by organization_id."""
    return {o.organization_id: o.short_name for o in data.offices if o.kind in _OF_PROVINCES}


def _wording(lines: Sequence[Line], written_out: Callable[[str], str]) -> str:
    """The wording most used; of several offices' one that names none of them, if there is one."""
    wordings = [line.text for line in lines]
    if len({line.source.organization_id for line in lines}) > 1:
        nameless = [line.text for line in lines if line.text == line.common]
        wordings = nameless or [line.common for line in lines]
    return Counter(map(written_out, wordings)).most_common(1)[0][0]


class _Reader:
    """Reads the statements out of what an office wrote: without bullets, headings and greetings."""

    def __init__(
        self, folding: Folding, left_out: LeftOut, ministry: str, provinces: Mapping[str, str]
    ) -> None:
        self.folding, self.left_out = folding, left_out
        self.provinces = provinces
        self.own: dict[str, re.Pattern[str]] = {}
        self.forms: dict[str, list[tuple[str, bool]]] = {}
        self.keys: dict[tuple[str, str], tuple[_Key, frozenset[str]]] = {}
        self.ministry = tuple(spelt(word) for word in re.findall(r"[^\W\d_]+", _nfc(ministry)))

    def lines(self, narrative: Narrative) -> Iterator[Line]:
        """The statements of a narrative, in order."""
        source = Source(narrative.organization_id, narrative.section, narrative.sheet, narrative.cell)
        written = [line for line in _nfc(narrative.body).splitlines() if _LETTERS.search(line)]
        shouts = not any(line != line.upper() for line in written)
        asking, asking_mark = "", ""
        for place, raw in enumerate(written):
            bullet = _BULLET.match(raw)
            mark = _mark(bullet["mark"]) if bullet else ""
            text = " ".join(_BULLET.sub("", raw).split()).rstrip(_CLOSING)
            words = self._words(text)
            if asking and mark and mark == asking_mark:
                asking = ""
            if self._is_left_out(words) or (not shouts and text == text.upper()):
                continue
            if text.endswith(":") and place + 1 < len(written):
                # it introduces what follows; who is asked is part of each of these lines
                asking, asking_mark = (text, mark) if self._ask(words) else ("", "")
                continue
            if asking and self._ask(words):
                asking = ""
            for sentence in self._sentences(text):
                whole = f"{asking} {sentence}" if asking else sentence
                common = self._common(whole, source.organization_id)
                if (read := self.keys.get((common, source.section))) is None:
                    read = self.keys[common, source.section] = self._key(common, source.section)
                key, names = read
                if key:
                    yield Line(whole, common, key, source, names)

    def _own_name(self, name: str) -> re.Pattern[str]:
        """Finds the name of an office, with or without its title."""
        titles = [re.escape(title) for title in self.folding.own_titles]
        bare_name = re.sub(rf"^(?:{'|'.join(titles)})\s*", "", _nfc(name))
        words = r"[\s–-]+".join(re.escape(word) for word in re.split(r"[\s–-]+", bare_name) if word)
        return re.compile(rf"(?<!\w)(?:(?i:{'|'.join(titles)})\s*)?{words}(?!\w)")

    def _common(self, text: str, office: str) -> str:
        """`text` without the name of the office that wrote it."""
        name = self.provinces.get(office)
        if name is None or _WORDS_OF_NAME.findall(_nfc(name))[-1] not in text:
            return text  # most lines name no office: no pattern need be made for them
        if (own := self.own.get(office)) is None:
            own = self.own[office] = self._own_name(name)
        if not own.search(text):
            return text
        common = own.sub(self.folding.own_name, text)
        return common[:1].upper() + common[1:] if text[:1].isupper() else common

    def _is_left_out(self, words: tuple[str, ...]) -> bool:
        return (
            words in self.left_out.lines
            or any(words[: len(opening)] == opening for opening in self.left_out.openings)
            or self.left_out.nothing_to_say.says(words)
        )

    def _sentences(self, text: str) -> list[str]:
        """`text`, parted where another thing begins to be asked for; other sentences may lean on the one
        before.
        """
        sentences: list[str] = []
        if not _SENTENCE_END.search(text):
            return [text]
        for part in _SENTENCE_END.split(text):
            words = self._words(part)
            if sentences and words in self.left_out.lines:
                continue
            begins = part[:1].isupper() or (bool(sentences) and sentences[-1].endswith(";"))
            if sentences and not (begins and self._ask(words)):
                sentences[-1] = f"{sentences[-1]} {part}"
            else:
                sentences.append(part)
        return [sentence.rstrip(_CLOSING) for sentence in sentences]

    def _key(self, text: str, section: str) -> tuple[_Key, frozenset[str]]:
        """The words of `text` that are compared, its enumerated parts parted by commas; and those of them
        that are written in upper case within it.
        """
        tokens = list(self._tokens(text))
        said = tokens
        if ask := self._ask(tuple(word for word, _ in tokens)):
            said = self._without_ministry(tokens[len(ask) :])
            while said and (said[0][0] in self.folding.urges or said[0][0] in _PARTING):
                said = said[1:]
        words = self._without_speaker([word for word, _ in said])
        if section in self.folding.done_sections and words[:1] == [spelt(self.folding.done)]:
            words = words[1:]
        key = self._without_small_words(self._result_first(words))
        if ask and section not in self.folding.asking_sections:
            key = (_ASKED, *key)
        key = key or tuple(word for word, _ in tokens)
        upper = {word for word, is_upper in tokens[1:] if is_upper} if text != text.upper() else set()
        return key, frozenset(upper & set(key))

    def _without_speaker(self, words: list[str]) -> list[str]:
        """Without the office itself, where it says of itself what it did, lacks or has."""
        for speaker in self.folding.who_speaks:
            length = len(speaker)
            if tuple(words[:length]) == speaker and words[length : length + 1]:
                return words[length:] if words[length] in self.folding.decisive_words else words
        return words

    def _result_first(self, words: list[str]) -> list[str]:
        """A cause behind its result, wherever it stands."""
        cause, result = spelt(self.folding.cause.word), spelt(self.folding.cause.result)
        if words[:1] == [cause] and words.count(result) == 1 and words.count(cause) == 1:
            place = words.index(result)
            return [*words[place + 1 :], _SEPARATOR, cause, *words[1:place]]
        return words

    def _tokens(self, text: str) -> Iterator[tuple[str, bool]]:
        """Words as they are compared, numbers, and marks that part; with each whether it begins in upper
        case.
        """
        for found in _TOKENS.finditer(text):
            if number := found["number"]:
                yield _number(number), False
                if number[-1] in ",-–":
                    yield _SEPARATOR, False
            elif word := found["word"]:
                if (forms := self.forms.get(word)) is None:
                    forms = self.forms[word] = self._forms(word)
                yield from forms
            else:
                yield (_COLON if found["part"] == _COLON else _SEPARATOR), False

    def _forms(self, word: str) -> list[tuple[str, bool]]:
        short = unicodedata.normalize("NFD", word.casefold())
        written_out = self.folding.written_out.get(short) or tuple(map(spelt, word.split("&")))
        return [(token, word[0].isupper()) for token in written_out]

    def _words(self, text: str) -> tuple[str, ...]:
        return tuple(token for token, _ in self._tokens(text) if token not in _PARTING)

    def _ask(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """With which words of asking these begin; () for none."""
        plain = tuple(word for word in words[:8] if word not in _PARTING)
        phrase = next((p for p in self.folding.asking if plain[: len(p)] == p), ())
        taken = 0
        for place, word in enumerate(words):
            if taken == len(phrase):
                return words[:place]
            taken += word not in _PARTING
        return words if phrase else ()

    def _without_ministry(self, tokens: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
        """Without the ministry that asks, to which the office speaks anyway; other addressees stay."""
        words = [word for word, _ in tokens]
        if self.ministry and tuple(words[: len(self.ministry)]) == self.ministry:
            length = len(self.ministry)
        elif words[:2] == [spelt("Quý"), spelt("Bộ")]:
            length = 2
        elif words[:1] == [spelt("Bộ")] and tokens[0][1] and not (len(tokens) > 1 and tokens[1][1]):
            length = 1  # the next word in lower case: no name of another ministry
        else:
            return tokens
        follows = words[length] if length < len(words) else ""
        names_others = follows == _SEPARATOR or follows in self.folding.behind_bo
        return tokens if names_others else tokens[length:]

    def _without_small_words(self, tokens: list[str]) -> _Key:
        folding = self.folding
        kept: list[str] = []
        place = 0
        small = folding.small
        if not any(
            tuple(tokens[n : n + len(phrase)]) == phrase
            for phrase in folding.denies
            for n in range(len(tokens))
        ):
            small = small | folding.small_if_not_denied
        while place < len(tokens):
            for length in range(folding.longest_small, 0, -1):
                phrase = tuple(tokens[place : place + length])
                if len(phrase) == length and (phrase in small or phrase in folding.same):
                    kept += folding.same.get(phrase, ())
                    place += length
                    break
            else:
                token = tokens[place]
                if token == _COLON or token in folding.commas:
                    token = _SEPARATOR
                if token != _SEPARATOR or kept[-1:] not in ([], [_SEPARATOR]):
                    kept.append(token)
                place += 1
        while kept[-1:] == [_SEPARATOR]:
            kept.pop()
        return tuple(kept)


class _Groups:
    """Joins lines that say the same, by keys: their words in order, their enumerated parts in any order, and
    their words but for a slip.
    """

    def __init__(self, folding: Folding) -> None:
        self.folding = folding
        self.decisive = folding.decisive_words
        self.places = folding.place_words
        self.lines: dict[_Key, list[tuple[int, Line]]] = defaultdict(list)
        self.enumerated: dict[_Key, _Key] = {}
        self.joined_to: dict[_Key, _Key] = {}
        self.count = 0

    def add(self, line: Line) -> None:
        """Take a line up, in list order."""
        key = tuple(token for token in line.key if token != _SEPARATOR)
        self.lines[key].append((self.count, line))
        self.count += 1
        self._join(key, self.enumerated.setdefault(self._in_order(line.key), key))

    def joined(self) -> list[list[Line]]:
        """The lines of each statement, in list order; statements by their first line."""
        for slip, right in self._slips():
            self._join(slip, right)
        keys = list(self.lines)
        for one, other in paraphrases([self._worded(key) for key in keys]):
            self._join(keys[one], keys[other])
        groups: dict[_Key, list[tuple[int, Line]]] = defaultdict(list)
        for key, lines in self.lines.items():
            groups[self._root(key)] += lines
        ordered = [sorted(lines, key=lambda entry: entry[0]) for lines in groups.values()]
        return [[line for _, line in lines] for lines in sorted(ordered, key=lambda lines: lines[0][0])]

    def _worded(self, key: _Key) -> Wording:
        lines = [line for _, line in self.lines[key]]
        return Wording(
            key,
            frozenset().union(*(line.names for line in lines)),
            any(line.source.section in self.folding.asking_sections for line in lines),
            self.folding,
        )

    def _join(self, one: _Key, other: _Key) -> None:
        one, other = self._root(one), self._root(other)
        if one != other:
            self.joined_to[one] = other

    def _root(self, key: _Key) -> _Key:
        root = key
        while root in self.joined_to:
            root = self.joined_to[root]
        while key != root:  # the way is short the next time
            self.joined_to[key], key = root, self.joined_to[key]
        return root

    def _in_order(self, key: _Key) -> _Key:
        """`key` with its enumerated parts in alphabetical order, as far as nothing decisive stands in one of
        them, since it may speak of those behind it. A place is said of what stands before it.
        """
        parts: list[list[str]] = [[]]
        for token in key:
            if token == _SEPARATOR:
                parts.append([])
                continue
            if token in self.places:
                parts.append([])
            parts[-1].append(token)
        ordered: list[list[str]] = []
        run: list[list[str]] = []
        for part in filter(None, parts):
            is_fixed = any(self._decides(token) for token in part)
            if is_fixed or part[0] in self.places:
                ordered += sorted(run)
                run = []
            if is_fixed:
                ordered.append(part)
            else:
                run.append(part)
        return tuple(token for part in [*ordered, *sorted(run)] for token in [*part, _SEPARATOR])

    def _slips(self) -> Iterator[tuple[_Key, _Key]]:
        """Each key with a slip and the one without it: the same but for the marks of one word, which in this
        spelling stands in no other line.
        """
        known: Counter[str] = Counter()
        for key, lines in self.lines.items():
            for word in set(key):
                known[word] += len(lines)
        slipped = {bare(word) for word, lines in known.items() if lines == 1 and not self._decides(word)}
        blocks: dict[_Beside, list[tuple[int, _Key]]] = defaultdict(list)
        for key in self.lines:
            if len(key) > _FEWEST_WORDS_BESIDE_A_SLIP:
                for place, word in enumerate(key):
                    if bare(word) in slipped and not self._decides(word):
                        blocks[key[:place], bare(word), key[place + 1 :]].append((place, key))
        for entries in blocks.values():
            if len(entries) < 2:
                continue
            _, lead, right = min((-known[key[place]], key, key[place]) for place, key in entries)
            for place, key in entries:
                if key != lead and is_slip(known[key[place]], known[right]):
                    yield key, lead

    def _decides(self, word: str) -> bool:
        return word in self.decisive or _DIGIT.search(word) is not None


def is_slip(lines: int, lines_of_the_other: int) -> bool:
    """Whether a spelling that stands in so many lines is a slip for another one that stands in so many."""
    return lines == 1 and lines_of_the_other > 1


@lru_cache(maxsize=65536)
def bare(word: str) -> str:
    """A word without any marks."""
    return unidecode(unicodedata.normalize("NFC", word))


def _mark(mark: str) -> str:
    """What sort of bullet it is."""
    letter = mark.strip("().")
    if letter.isdigit():
        return "1"
    return letter[:1].lower() if not letter.isalpha() else ("I" if set(letter) <= set("IVX") else "a")


def _number(written: str) -> str:
    number = written.rstrip(".,/-–").casefold()
    return number.lstrip("0") or "0" if number.isdigit() else number


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
