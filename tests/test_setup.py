"""`make run` and what stands before it: secrets, `.env`, stamps, and sentences where something is wrong."""

from __future__ import annotations

import base64
import importlib.util
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType

import pytest

from chatapp import embedded, environment, secret_files

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/bootstrap.py as a module of its own; it is a program and not in a package."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def serve(data_dir: Path, **variables: str) -> subprocess.Popen[str]:
    """`python -m chatapp.serve` in an environment with nothing else in it."""
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "chatapp.serve"],
        cwd=ROOT,
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    secret_files.make_folder(folder)
    key = secret_files.secret_key(folder)
    keys, new = secret_files.master_keys(folder)
    assert new
    assert mode(folder) == 0o700
    assert mode(folder / "secret_key") == mode(folder / "master_keys") == 0o600
    name, _, value = keys.partition(":")
    assert (name, len(base64.b64decode(value, validate=True))) == ("k1", 32)
    assert secret_files.secret_key(folder) == key
    assert secret_files.master_keys(folder) == (keys, False)


def test_master_keys_are_not_made_anew_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(secret_files.SecretError, match=r"master_keys is missing.*backup"):
        secret_files.master_keys(tmp_path)
    assert not (tmp_path / "master_keys").exists()


def test_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(secret_files.SecretError, match="empty"):
        secret_files.secret_key(tmp_path)


def test_dotenv_takes_values_literally() -> None:
    text = "# note\n\nA=1\nexport B = two words # note\nC='x # y'\nD=\"$HOME\" # z\nE=\nF=a#b=c\n"
    assert environment.parse_dotenv(text) == {
        "A": "1",
        "B": "two words",
        "C": "x # y",
        "D": "$HOME",
        "E": "",
        "F": "a#b=c",
    }


def test_wrong_line_of_dotenv_is_named_and_not_shown() -> None:
    with pytest.raises(environment.EnvironmentFileError, match=r"Line 2 ") as caught:
        environment.parse_dotenv("A=1\nhunter2\n")
    assert "hunter2" not in str(caught.value)


def test_environment_goes_before_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("EVERTHREAD_TEST_A=file\nEVERTHREAD_TEST_B=file\n")
    monkeypatch.setenv("EVERTHREAD_TEST_A", "environment")
    monkeypatch.delenv("EVERTHREAD_TEST_B", raising=False)
    environment.load_dotenv(tmp_path / ".env")
    monkeypatch.setenv("EVERTHREAD_TEST_B", os.environ["EVERTHREAD_TEST_B"])  # so that it is taken back
    assert (os.environ["EVERTHREAD_TEST_A"], os.environ["EVERTHREAD_TEST_B"]) == ("environment", "file")


def test_example_of_dotenv_is_readable_and_sets_nothing() -> None:
    text = (ROOT / ".env.example").read_text()
    assert environment.parse_dotenv(text) == {}
    filled = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if "=" in line and " " not in line[2:].split("=")[0]
    )
    assert {"DATABASE_URL", "OPENAI_API_KEY", "CHATAPP_MASTER_KEYS"} <= set(environment.parse_dotenv(filled))


def test_every_target_of_make_is_in_its_help() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "lint", "admin", "bench", "secrets", "clean"):
        assert f"make {target} " in shown


def test_make_without_a_usable_python_says_which(tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    found = {
        name: subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("make", "sh")
    }
    for name, path in found.items():
        (tmp_path / name).symlink_to(path)
    done = subprocess.run(
        ["make", "run"], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "needs Python 3.11" in done.stderr


def test_admin_asks_who() -> None:
    done = subprocess.run(["make", "admin"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "make admin EMAIL=" in done.stderr


def test_fingerprint_changes_with_any_content(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    paths = [tmp_path / "a", tmp_path / "b"]
    seen = set()
    for first, second in (("", ""), ("x", ""), ("", "x"), ("xy", "z"), ("x", "yz")):
        paths[0].write_text(first)
        paths[1].write_text(second)
        seen.add(bootstrap.fingerprint(paths))
    assert len(seen) == 5
    assert bootstrap.fingerprint(paths) in seen


def test_moved_virtual_environment_is_made_anew(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "stamps").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "stamps" / "place").write_text(str(tmp_path))
    assert bootstrap.usable(tmp_path)
    (tmp_path / "stamps" / "place").write_text("/somewhere/else")
    assert not bootstrap.usable(tmp_path)


def test_old_node_is_not_used(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, said in (("node", "v20.1.0"), ("npm", "10.0.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {said}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert bootstrap.system_npm() == [str(tmp_path / "npm")]
    (tmp_path / "node").write_text("#!/bin/sh\necho v18.19.0\n")
    assert bootstrap.system_npm() is None


def test_failed_installation_shows_its_log_and_what_to_do(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.StepError) as caught:
        bootstrap.call([sys.executable, "-c", "print('no route'); raise SystemExit(3)"], "Do this.")
    assert "no route" in str(caught.value)
    assert "Do this." in str(caught.value)


def test_busy_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = serve(tmp_path / "var", PORT=str(port))
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in output
    assert "PORT=" in output
    assert "Traceback" not in output


def test_unreachable_database_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: connecting is refused
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody:hunter2@127.0.0.1:{taken.getsockname()[1]}/none"
        process = serve(tmp_path / "var", PORT="0", DATABASE_URL=url)
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 1
    assert "The database cannot be used" in output
    assert "DATABASE_URL" in output
    assert "Traceback" not in output
    assert "hunter2" not in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_answers_says_where_and_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "var"
    process = serve(folder, PORT="0")
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Everthread runs at "):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    address = lines[-1].split()[3]
    try:
        assert embedded.attach(folder) is not None
        with urllib.request.urlopen(f"{address}accounts/login/", timeout=30) as answer:
            assert answer.status == 200
            assert "uvicorn" not in answer.headers.get("Server", "")
    finally:
        process.send_signal(number)
        rest = process.stdout.read()
        process.wait(60)
    assert process.returncode == 0, rest
    for said in ("demo model", "make admin EMAIL=", "loses all content", "Stopped."):
        assert said in rest
    assert embedded.attach(folder) is None
    assert not (folder / "postgres" / "postmaster.pid").exists()
