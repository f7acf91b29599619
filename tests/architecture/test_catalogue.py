"""The service catalogue names everything that runs, and nothing that does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps

from deploy.stack import processes
from foundation.jobs import registry
from foundation.jobs.registry import registered_jobs
from payments_site.schedule import SCHEDULE
from tests.architecture.source import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
ALERTS = ROOT / "deploy" / "alerts"
SECTIONS = ("processes", "queues", "jobs", "beat", "dependencies")
CATALOGUE: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "docs" / "catalogue.yaml").read_text(encoding="utf-8")
)


def differences(named: set[str], running: set[str]) -> list[str]:
    return [f"{name} is not in the catalogue" for name in sorted(running - named)] + [
        f"{name} is in the catalogue only" for name in sorted(named - running)
    ]


def faults_of(name: str, entry: dict[str, Any], owners: set[str]) -> list[str]:
    """What an entry of the catalogue lacks."""
    faults = [
        f"{name}: no {field}" for field in ("owner", "slo", "limits", "runbook") if not entry.get(field)
    ]
    if entry.get("owner") and entry["owner"] not in owners:
        faults.append(f"{name}: nobody is called {entry['owner']}")
    if entry.get("runbook") and not (RUNBOOKS / f"{entry['runbook']}.md").is_file():
        faults.append(f"{name}: there is no runbook {entry['runbook']}")
    return faults


def test_every_process_is_in_the_catalogue() -> None:
    programs = processes.product_programs(Path("/nowhere"), web_port=1, sandbox_port=2)

    assert differences(set(CATALOGUE["processes"]), {program.name for program in programs}) == []


def test_every_queue_is_in_the_catalogue_and_has_workers() -> None:
    assert differences(set(CATALOGUE["queues"]), set(registry.QUEUES)) == []
    assert set(processes.QUEUES) == set(registry.QUEUES)


def test_every_job_is_in_the_catalogue() -> None:
    ours = {
        name for name, job in registered_jobs().items() if not job.handler.__module__.startswith("tests.")
    }

    assert differences(set(CATALOGUE["jobs"]), ours) == []


def test_every_beat_entry_is_in_the_catalogue_and_stages_a_registered_job() -> None:
    assert differences(set(CATALOGUE["beat"]), {entry.name for entry in SCHEDULE}) == []
    assert {entry.job for entry in SCHEDULE} <= set(registered_jobs())


def test_every_psp_is_among_the_dependencies() -> None:
    psps = {psp for psp, _ in apps.get_model("payments.PspAccount")._meta.get_field("psp").choices}

    assert psps and psps <= set(CATALOGUE["dependencies"])
    assert {"postgresql", "redis"} <= set(CATALOGUE["dependencies"])


def test_every_entry_has_an_owner_a_goal_limits_and_a_runbook() -> None:
    owners = set(CATALOGUE["owners"])

    faults = [
        fault
        for section in SECTIONS
        for name, entry in CATALOGUE[section].items()
        for fault in faults_of(f"{section}.{name}", entry, owners)
    ]

    assert faults == []


def test_every_runbook_is_listed_and_needed() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    named = {entry["runbook"] for section in SECTIONS for entry in CATALOGUE[section].values()}
    alarms = "".join(file.read_text(encoding="utf-8") for file in ALERTS.glob("*.yml"))
    named |= set(re.findall(r"runbook: docs/runbooks/([\w-]+)\.md", alarms))

    assert pages == named
    assert [page for page in pages if f"({page}.md)" not in index] == []


def test_the_comparison_bites() -> None:
    assert differences({"old"}, {"new"}) == ["new is not in the catalogue", "old is in the catalogue only"]
    assert faults_of(
        "jobs.x", {"owner": "nobody", "limits": {}, "slo": "soon", "runbook": "nowhere"}, {"payments"}
    ) == [
        "jobs.x: no limits",
        "jobs.x: nobody is called nobody",
        "jobs.x: there is no runbook nowhere",
    ]
