"""The configuration of a home: defaults, then the file; what is unknown is refused."""

from pathlib import Path

import pytest

from hinomi.config import (
    CasebookConfig,
    CollectConfig,
    Config,
    EngineConfig,
    NodeConfig,
    NodeKind,
    OperatorConfig,
    OperatorWords,
    read_config,
    render_config,
)
from hinomi.errors import ConfigError


def test_what_the_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    """An empty file is the default configuration: operational, transit dropped."""
    path = tmp_path / "config.toml"
    path.write_text("", "utf-8")

    assert read_config(path) == Config()
    assert read_config(path).node.kind is NodeKind.OPERATIONAL
    assert read_config(path).collect.transit == "drop"


def test_a_rendered_configuration_reads_back_as_it_was(tmp_path: Path) -> None:
    """What `render_config` writes, `read_config` reads, with every option in it."""
    path = tmp_path / "config.toml"
    config = Config(
        node=NodeConfig(kind=NodeKind.LABORATORY),
        collect=CollectConfig(forward="192.0.2.10:9995", forward_transparent=True),
        casebook=CasebookConfig(
            postgresql="host=192.0.2.12 dbname='the book' user=hinomi",
            password_file="/run/credentials/hinomi",  # noqa: S106 - names a file.
        ),
        engine=EngineConfig(
            spark_master="spark://192.0.2.11:7077",
            spark_settings={"spark.executor.memory": "8g", "spark.app.name": 'the "big" one'},
        ),
        parameters={"suspects.fdr": 0.01, "drill.sizes": "5 {10}", "drill.rounds": 3},
        operator=OperatorConfig(
            name='見本 "通信"',
            contact="one line\nand another",
            url="https://isp.example/privacy",
            language="en",
            translated=OperatorWords(explanation="x"),
        ),
    )
    path.write_text(render_config(config), "utf-8")

    assert read_config(path) == config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[node]\ncolour = 1\n", "unknown option node.colour"),
        ("[nodes]\n", "unknown option nodes"),
        ('[operator]\nurl = "javascript:alert(1)"\n', "operator.url: "),
        ('[operator.translated]\nurl = "x"\n', "unknown option operator.translated.url"),
        ('[node]\nkind = "secret"\n', "node.kind: "),
        ('[collect]\ntransit = "maybe"\n', "collect.transit: "),
        ("[engine]\nmemory_mib = 1\n", "engine.memory_mib: "),
        ('[engine]\nthreads = "two"\n', "engine.threads: "),
        ("[engine]\nspark_settings = { a = 1 }\n", "engine.spark_settings"),
        ('[parameters]\n"suspects.fdr" = [1]\n', "parameters"),
        ("[node\n", "is no TOML"),
        ('[casebook]\nsqlite = ""\n', "unknown option casebook.sqlite"),
        ('[casebook]\npassword_file = "key"\n', "casebook.password_file: "),
        ('[casebook]\npassword_file = "/key"\n', "casebook: password_file needs"),
        ('[casebook]\npostgresql = "hunter2"\n', "casebook: postgresql is not as libpq reads it"),
        ('[casebook]\npostgresql = "hosts=hunter2"\n', "casebook: postgresql is not as libpq"),
        ('[casebook]\npostgresql = "password=hunter2"\n', "casebook: postgresql holds a password"),
        (
            '[casebook]\npostgresql = "postgresql://hinomi:hunter2@192.0.2.12/hinomi"\n',
            "casebook: postgresql holds a password",
        ),
    ],
)
def test_a_wrong_option_is_named_by_its_path(tmp_path: Path, text: str, said: str) -> None:
    """A wrong or unknown option stops with the file and the option's dotted path."""
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError) as caught:
        read_config(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 78


def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a wrong configuration, not a traceback."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe[node]")

    with pytest.raises(ConfigError, match="is no UTF-8 text"):
        read_config(path)


def test_a_missing_configuration_says_who_writes_it(tmp_path: Path) -> None:
    """A missing file is a wrong configuration whose message names the remedy."""
    with pytest.raises(ConfigError, match="hinomi init"):
        read_config(tmp_path / "config.toml")
