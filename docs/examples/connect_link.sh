#!/bin/sh
# Makes a store and a connect link for it, with curl alone.
set -eu

curl --fail-with-body --silent --show-error "$BASE_URL/api/internal/stores" \
  --header "X-Internal-Secret: $INTERNAL_SECRET" --header 'Content-Type: application/json' \
  --data '{"name": "Example Roastery", "return_origins": ["https://shop.example.com"]}' \
  --output store.json
store_id=$(sed 's/^{"id":"\([^"]*\)".*/\1/' store.json)

curl --fail-with-body --silent --show-error "$BASE_URL/api/internal/stores/$store_id/connect-links" \
  --header "X-Internal-Secret: $INTERNAL_SECRET" --header 'Content-Type: application/json' \
  --data '{"return_url": "https://shop.example.com/settings/payments"}'
