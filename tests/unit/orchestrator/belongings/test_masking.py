"""A name is taken out as a word; what is no name stays."""

from orchestrator.belongings.masking import Needles, masked


def test_a_word_is_masked_where_it_is_one() -> None:
    told = {"a": ["Ann has it.", "Anna is here"], "n": 3}
    assert masked(told, ["Ann"]) == {"a": ["[erased] has it.", "Anna is here"], "n": 3}
    assert masked("ANN HAS IT", ["Ann"]) == "[erased] HAS IT"
    assert masked("a (b) c", ["(b)"]) == "a [erased] c"
    assert masked("as it was", []) == "as it was"


def test_bytes_keep_their_length_and_short_words() -> None:
    assert masked(b"by Ada Lovelace\x00", ["Ada Lovelace"]) == b"by xxxxxxxxxxxx\x00"
    assert masked(b"Ann\x00", ["Ann"]) == b"Ann\x00"


def test_what_may_be_a_common_word_is_not_strong() -> None:
    needles = Needles.of(["Laser", "Ada Lovelace", "ada@example.org", "A 1", " "])
    assert needles.strong == ("ada@example.org", "Ada Lovelace")
    assert needles.all[-1] == "A 1"
