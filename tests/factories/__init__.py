"""What tests of payments are made of: a scripted PSP (the sandbox, a real HTTP server) and a shop at it."""
