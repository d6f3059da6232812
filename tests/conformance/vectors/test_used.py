"""Every vector file that speaks of Stripe is used by a test."""

from harness.server import ROOT

# Made for other things than Stripe's API.
OTHERS = {"extra_jwt_attacks.json", "extra_return_urls.json", "extra_python_cryptography.json", "generate.json",
          "invalid.json", "verify.json"}


def test_every_vector_file_is_read_by_a_test():
    files = {path for path in ROOT.glob("crates/*/tests/vectors/*.json") if path.name not in OTHERS}
    assert len(files) > 10
    code = [path.read_text() for pattern in ("crates/*/tests/**/*.rs", "crates/*/src/**/*.rs", "tests/conformance/**/*.py")
            for path in ROOT.glob(pattern)]
    for file in files:
        assert any(f"vectors/{file.name}" in text for text in code), file
