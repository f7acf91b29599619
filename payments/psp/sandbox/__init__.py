"""A payment provider of our own for development, tests and fault drills: a separate process with its own
books.

Lives here: the HTTP server, the SQLite books, webhooks, the fault script and the control surface that every
face shares, plus one package per provider it can stand in for (`stripe/`). Does not live here: anything of
the project. The sandbox imports neither Django nor a module outside this package, so that its books can never
agree with the project's merely because both ran the same code.
"""
