"""Who holds `.run`, what is read there, and what the environment is filled with."""

from __future__ import annotations

import base64
import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stack import environment, ports, rundir, targets
from deploy.stack.program import StackError

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def test_a_second_target_of_the_checkout_gets_a_folder_of_its_own(tmp_path):
    first = rundir.claim(checkout=tmp_path)
    second = rundir.claim(checkout=tmp_path)
    third = rundir.claim("test", checkout=tmp_path)

    assert first.path == tmp_path / ".run"
    assert second.path == tmp_path / ".run" / "stack-2"
    assert third.path == tmp_path / ".run" / "test"
    assert [first.is_second, second.is_second, third.is_second] == [False, True, False]


def test_a_released_folder_is_claimed_again(tmp_path):
    first = rundir.claim(checkout=tmp_path)

    first.release()

    assert rundir.claim(checkout=tmp_path).path == tmp_path / ".run"


def test_a_killed_holder_gives_the_folder_back(tmp_path):
    hold = (
        "import sys, time; from pathlib import Path; from deploy.stack import rundir\n"
        "held = rundir.claim(checkout=Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    while_held = rundir.try_claim(tmp_path / ".run")

    holder.kill()
    holder.wait()
    holder.stdout.close()

    assert while_held is None
    assert rundir.claim(checkout=tmp_path).path == tmp_path / ".run"


def test_stack_json_names_urls_and_pids(tmp_path):
    held = rundir.claim(checkout=tmp_path)

    held.write_stack_json({"base_url": "http://127.0.0.1:8000"}, {"web": 41, "worker-psp": 42})

    written = json.loads((tmp_path / ".run" / "stack.json").read_text())
    assert written == {"base_url": "http://127.0.0.1:8000", "processes": {"web": 41, "worker-psp": 42}}
    assert sorted(path.name for path in (tmp_path / ".run").iterdir()) == ["lock", "stack.json"]


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path):
    first = environment.development_secrets(tmp_path / ".run")
    second = environment.development_secrets(tmp_path / ".run")

    assert first == second
    assert sorted(first) == ["AUDIT_SIGNING_KEY", "SECRET_KEY", "VAULT_KEYS"]
    assert len(base64.urlsafe_b64decode(first["VAULT_KEYS"])) == 32
    assert stat.S_IMODE((tmp_path / ".run" / "secrets.json").stat().st_mode) == 0o600


def test_what_the_person_set_wins_over_the_defaults_and_empty_counts_as_unset(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "chosen")
    monkeypatch.setenv("VAULT_KEYS", "")
    monkeypatch.setenv("PSP_ALLOW_CUSTOM_BASE_URL", "0")

    told = environment.base_environment(tmp_path / ".run", checkout=tmp_path)

    assert told["SECRET_KEY"] == "chosen"
    assert told["PSP_ALLOW_CUSTOM_BASE_URL"] == "0"
    assert told["VAULT_KEYS"] == environment.development_secrets(tmp_path / ".run")["VAULT_KEYS"]
    assert told["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / ".run" / "prometheus")


def test_a_port_in_use_is_replaced_unless_the_person_named_it(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.free_port()))
        taken.listen()
        port = taken.getsockname()[1]

        monkeypatch.delenv("WEB_PORT", raising=False)
        chosen = targets.choose_port("WEB_PORT", port)
        monkeypatch.setenv("WEB_PORT", str(port))
        with pytest.raises(StackError, match=f"WEB_PORT={port} is in use by another program"):
            targets.choose_port("WEB_PORT", 8000)

    assert chosen != port
    assert ports.is_free(chosen)


@pytest.mark.parametrize("named", ["no-number", "0", "65536"])
def test_a_port_that_is_no_port_is_refused_by_name(monkeypatch, named):
    monkeypatch.setenv("WEB_PORT", named)

    with pytest.raises(StackError, match=f"WEB_PORT={named} is not a port"):
        targets.choose_port("WEB_PORT", 8000)
