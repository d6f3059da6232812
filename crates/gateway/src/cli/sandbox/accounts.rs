//! The accounts that a sandbox has from the start.

use stripe_sandbox::AccountSpec;

/// Two merchants, the same at each start: what a store was connected with yesterday still works today.
pub(in crate::cli) fn accounts() -> [AccountSpec; 2] {
    let account = |word: &str, business_name: &str| AccountSpec {
        account_id: format!("acct_1FAKE{word}"),
        publishable_key: format!("pk_test_FAKE_{word}_publishable"),
        secret_key: format!("sk_test_FAKE_{word}_secret"),
        country: "DE".into(),
        default_currency: "eur".into(),
        business_name: business_name.into(),
    };
    [
        account("DemoCoffee", "Demo Coffee"),
        account("SecondStore", "Second Store"),
    ]
}

/// `id=acct_…,secret=sk_…,publishable=pk_…[,country=DE][,currency=eur][,name=…]`.
pub(super) fn parse(text: &str) -> Result<AccountSpec, String> {
    let mut spec = AccountSpec {
        account_id: String::new(),
        publishable_key: String::new(),
        secret_key: String::new(),
        country: "US".into(),
        default_currency: "usd".into(),
        business_name: "Sandbox business".into(),
    };
    for part in text.split(',') {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not NAME=VALUE"))?;
        let field = match name {
            "id" => &mut spec.account_id,
            "secret" => &mut spec.secret_key,
            "publishable" => &mut spec.publishable_key,
            "country" => &mut spec.country,
            "currency" => &mut spec.default_currency,
            "name" => &mut spec.business_name,
            _ => {
                return Err(format!(
                    "{name:?} is not one of id, secret, publishable, country, currency, name"
                ));
            }
        };
        value.clone_into(field);
    }
    if [&spec.account_id, &spec.secret_key, &spec.publishable_key]
        .iter()
        .any(|field| field.is_empty())
    {
        return Err("an account needs id, secret and publishable".into());
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_its_id_and_its_keys() {
        let spec =
            parse("id=acct_1,secret=sk_test_FAKE,publishable=pk_test_FAKE,currency=jpy").unwrap();
        assert_eq!(
            (&*spec.account_id, &*spec.default_currency),
            ("acct_1", "jpy")
        );
        for wrong in [
            "",
            "id=acct_1",
            "acct_1",
            "id=acct_1,secret=a,publishable=b,pet=c",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
