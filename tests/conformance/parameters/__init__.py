"""Every parameter that the SDK's types allow, at every endpoint; see ../README.md."""
