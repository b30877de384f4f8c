"""What an operator may set, and what is said of what they may not."""

from pathlib import Path

import pytest

from deployflow.platform.settings import Settings, SettingsError, load_settings, unknown_settings


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("127.0.0.1", ["127.0.0.1/32"]),
        ("10.0.0.1, 192.168.7.9/16 ,::1", ["10.0.0.1/32", "192.168.0.0/16", "::1/128"]),
        ('["10.0.0.0/8"]', ["10.0.0.0/8"]),
        ("", []),
    ],
)
def test_proxies_are_listed_as_people_write_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, read: list[str]
) -> None:
    monkeypatch.setenv("DEPLOYFLOW_TRUSTED_PROXIES", given)
    assert load_settings(data_dir=tmp_path).trusted_proxies == read


def test_in_the_file_a_list_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "deployflow.toml").write_text('trusted_proxies = ["10.0.0.1"]\nfetch_allowed = ["mirror.lan"]\n')
    settings = load_settings(data_dir=tmp_path)
    assert (settings.trusted_proxies, settings.fetch_allowed) == (["10.0.0.1/32"], ["mirror.lan"])


@pytest.mark.parametrize("wrong", ["proxy.example.com", "10.0.0.1 10.0.0.2", "10.0.0.0/33", '["a"]', "[1", "[1]"])
def test_what_is_no_network_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("DEPLOYFLOW_TRUSTED_PROXIES", wrong)
    with pytest.raises(SettingsError, match="DEPLOYFLOW_TRUSTED_PROXIES: "):
        load_settings(data_dir=tmp_path)


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYFLOW_PUBLIC_URL", "")
    assert load_settings(data_dir=tmp_path).public_url is None


def test_a_misspelt_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deployflow.toml").write_text("port = 1\nprot = 2\n")
    for name in ("DEPLOYFLOW_TRUSTED_PROXY", "DEPLOYFLOW_API_KEY", "DEPLOYFLOW_HOST"):
        monkeypatch.setenv(name, "x")
    settings = Settings(data_dir=tmp_path)
    assert unknown_settings(settings) == ["DEPLOYFLOW_TRUSTED_PROXY", "prot in deployflow.toml"]
