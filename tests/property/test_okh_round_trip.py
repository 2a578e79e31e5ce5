"""Whatever a manifest holds, OKH 2.4 holds it too: writing loses nothing, ever."""

import json

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalogue.okh_document import NAMES, read_document, same
from orchestrator.catalogue.okh_text import InvalidManifestError
from orchestrator.catalogue.okh_toml import written

OTHER_NAMES = ["title", "forkOf", "organisation", "parts", "fabcommons", "description"]
names = st.sampled_from(sorted(NAMES)) | st.sampled_from(OTHER_NAMES) | st.text()
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(names, inside, max_size=4)
    ),
    max_leaves=12,
)
ours = st.fixed_dictionaries(
    {},
    optional={
        "as-written": st.dictionaries(names, values, max_size=3) | values,
        "as-json": st.dictionaries(names, values, max_size=3).map(json.dumps) | values,
        "derived": st.lists(names, max_size=3) | values,
    },
)
manifests = st.dictionaries(names, values, max_size=8)


@given(manifests, st.none() | ours)
def test_json_to_2_4_and_back_is_equal(
    fields: dict[str, object], forged: dict[str, object] | None
) -> None:
    if forged is not None:
        fields = fields | {"fabcommons": forged}
    data = json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        document = read_document(data, name="okh.json")
    except InvalidManifestError:
        return  # half a surrogate pair, or nested too deep
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)


@given(st.text(max_size=200), st.sampled_from(["okh.yml", "okh.toml"]))
def test_any_text_that_is_read_comes_back_equal(text: str, name: str) -> None:
    try:
        document = read_document(text.encode("utf-8", "surrogatepass"), name=name)
    except InvalidManifestError:
        return
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)
