"""The public pages of an invoice: what its customer sees, as a page and as a PDF, behind an unguessable token."""
