"""Logs, traces and metrics; filled by foundation.observability."""

import os
from pathlib import Path

from foundation.observability.logs import configure_structlog, logging_config

LOG_LEVEL = (os.environ.get("LOG_LEVEL") or "INFO").upper()
LOGGING = logging_config(LOG_LEVEL)
LOGGING_CONFIG = "logging.config.dictConfig"
configure_structlog()

# Empty: /metrics answers loopback only.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# prometheus-client looks at this when it is imported; the folder must be there before the first counter.
_metrics_folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if _metrics_folder:
    Path(_metrics_folder).mkdir(parents=True, exist_ok=True)
