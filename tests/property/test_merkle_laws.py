"""What RFC 6962 promises holds for every tree, not for chosen ones."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.ledger import merkle

Leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def tree_of(leaves: Sequence[bytes]) -> merkle.Node:
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    for position, leaf in enumerate(leaves):
        hashed = merkle.leaf_hash(leaf)
        for level, index, digest in merkle.completed_nodes(node, position, hashed):
            nodes[level, index] = digest
    return node


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word by word."""
    if len(leaves) == 1:
        return merkle.leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


@given(Leaves)
def test_the_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    node = tree_of(leaves)
    for size in range(1, len(leaves) + 1):
        assert merkle.root(node, size) == plain_root(leaves[:size])


@given(Leaves, st.data())
def test_each_entry_can_be_proven_and_no_other_in_its_place(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    node = tree_of(leaves)
    proof = merkle.inclusion_proof(node, index, size)
    leaf, root = merkle.leaf_hash(leaves[index]), merkle.root(node, size)

    def holds(**changes: object) -> bool:
        asked = {"leaf": leaf, "index": index, "size": size} | changes
        told = {"proof": proof, "root": root} | asked
        return merkle.includes(**told)  # type: ignore[arg-type]

    assert holds()
    assert not holds(leaf=merkle.leaf_hash(leaves[index] + b"x"))
    assert not holds(root=merkle.leaf_hash(root))
    assert not holds(index=size)
    assert not holds(proof=[*proof, root])
    if proof:
        assert not holds(proof=proof[:-1])
        assert not holds(proof=[merkle.leaf_hash(proof[0]), *proof[1:]])
    other = data.draw(st.integers(0, size - 1))
    if leaves[other] != leaves[index]:
        assert not holds(leaf=merkle.leaf_hash(leaves[other]))


@given(Leaves, st.data())
def test_growth_can_be_proven_and_a_changed_past_cannot(
    leaves: list[bytes], data: st.DataObject
) -> None:
    new_size = data.draw(st.integers(1, len(leaves)))
    old_size = data.draw(st.integers(0, new_size))
    node = tree_of(leaves)
    proof = merkle.consistency_proof(node, old_size, new_size)
    roots = {
        "old_root": merkle.root(node, old_size),
        "new_root": merkle.root(node, new_size),
    }

    def holds(proof: Sequence[bytes], **changes: bytes) -> bool:
        told = roots | changes
        return merkle.is_consistent(
            old_size=old_size, new_size=new_size, proof=proof, **told
        )

    assert holds(proof)
    assert not holds([*proof, roots["new_root"]])
    if proof:
        assert not holds(proof[:-1])
    if old_size:
        place = data.draw(st.integers(0, old_size - 1))
        forged = [*leaves[:place], leaves[place] + b"x", *leaves[place + 1 :]]
        past = merkle.root(tree_of(forged), old_size)
        assert not holds(proof, old_root=past)
