"""What the conformance suites share; see ../README.md."""
