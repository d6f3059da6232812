#!/bin/sh
# Tells whether the store whose id is given can take payments.
set -eu

curl --fail-with-body --silent --show-error "$BASE_URL/stripe/status/$1"
