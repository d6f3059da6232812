"""The account, its balance, and keys that open nothing."""

import stripe

from harness.shop import raises


def test_an_account_says_who_it_is(shop):
    own = shop.v1.accounts.retrieve_current()
    assert own.id == shop.account["account_id"]
    assert (own.country, own.default_currency, own.charges_enabled) == ("DE", "eur", True)


def test_a_balance_has_the_accounts_currency(shop):
    balance = shop.v1.balance.retrieve()
    assert (balance.pending[0].currency, balance.pending[0].amount) == ("eur", 0)


def test_a_key_that_nobody_has_is_refused(shop):
    stranger = shop.client_with("sk_test_FAKE_nobody")
    error = raises(stripe.AuthenticationError, stranger.v1.balance.retrieve)
    assert error.http_status == 401


def test_another_accounts_objects_do_not_exist(shop, sandbox):
    customer = shop.v1.customers.create({"email": "jenny@example.com"})
    other = shop.client_with(sandbox.account()["secret_key"])
    error = raises(stripe.InvalidRequestError, other.v1.customers.retrieve, customer.id)
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")
    assert other.v1.customers.list().data == []
