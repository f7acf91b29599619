"""Running PostgreSQL from a root shell: which account it gets and which folders that account can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from deploy.stack.program import Account, StackError


def postgres_account() -> Account | None:
    """None for an ordinary user. For root an account that exists on every system; none is created."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise StackError(
        "PostgreSQL does not run as root, and this system has no account 'postgres' or 'nobody'."
    )


def home_of_data(account: Account | None, run_dir: Path) -> Path:
    """The folder that may hold PostgreSQL's files: the run folder, else one of its own under /tmp.

    Root's checkout often lies in a folder others cannot traverse (/root). Its permissions are not ours to
    loosen, so the files go where the account can reach them.
    """
    if _runs_as(account, ["/bin/sh", "-c", 'test -x "$0"', str(run_dir)]):
        return run_dir
    home = home_elsewhere(run_dir)
    home.mkdir(mode=0o755, exist_ok=True)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise StackError(f"{home} belongs to somebody else; remove it or set TMPDIR to another folder.")
    home.chmod(0o755)
    if not _runs_as(account, ["/bin/sh", "-c", 'test -x "$0"', str(home)]):
        raise StackError(
            f"PostgreSQL's account cannot enter {home}; set TMPDIR to a folder that everybody can enter."
        )
    return home


def home_elsewhere(run_dir: Path) -> Path:
    """Where the files of an unreachable run folder go; the same for every run of the same checkout."""
    digest = hashlib.sha256(str(run_dir).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"payments-stack-{digest}"


def runnable_programs(account: Account | None, package: Path, home: Path) -> Path:
    """The folder of PostgreSQL's programs: the wheel's own, else a copy beside the data."""
    own = package / "pginstall" / "bin"
    if _runs_as(account, [str(own / "initdb"), "--version"]):
        return own
    copy = home / "postgres-programs"
    programs = copy / package.name / "pginstall" / "bin"
    installed = f"{(own / 'initdb').stat().st_mtime_ns}\n"
    complete = copy / "complete"
    if not complete.is_file() or complete.read_text() != installed:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
        # The programs look for their libraries in this sibling folder.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                # A strict umask at installation left them to root alone.
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        complete.write_text(installed)
    return programs


def _runs_as(account: Account | None, argv: list[str]) -> bool:
    """Whether the command succeeds as the account: asked of the kernel, not derived from permission bits."""
    try:
        finished = subprocess.run(
            argv,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return finished.returncode == 0
