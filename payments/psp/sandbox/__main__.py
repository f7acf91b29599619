"""`python -m payments.psp.sandbox --port P --books PATH`."""

from .command_line import main

raise SystemExit(main())
