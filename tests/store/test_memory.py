"""What the store in memory does beyond the contract of all stores."""

from builders import NOON_MS, conversation, conversations, mandate
from hinomi.model.window import Window
from hinomi.store.memory import MemoryFlowStore


def test_files_are_written_once_and_go_with_the_store() -> None:
    """Engines get real files; nothing is left behind."""
    store = MemoryFlowStore(lambda: NOON_MS)
    store.append([conversations([conversation()])], "b", mandate())

    (file,) = store.files(Window(), mandate())
    written = file.path.stat().st_mtime_ns
    assert store.files(Window(), mandate()) == (file,)
    assert file.path.stat().st_mtime_ns == written

    del store
    assert not file.path.exists()
