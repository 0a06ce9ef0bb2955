//! E-mail addresses in one form.

/// How long an address is at most (RFC 5321, section 4.5.3.1, with erratum
/// 1690).
const LONGEST: usize = 254;
/// How many bytes it has at most as it is typed, in letters of any script.
const MOST_BYTES: usize = LONGEST * 4;
/// How long what stands before the @ is at most.
const LONGEST_LOCAL: usize = 64;

/// An e-mail address in the one form that it is stored and looked for in; none
/// where it is not one.
///
/// Letters become lower case, and the domain what the domain name system calls
/// it (UTS 46), so that `ADA@Bücher.example` and `ada@xn--bcher-kva.example`
/// are one. Before the @ there may be ASCII only: letters of other scripts look
/// alike, and two accounts would as well.
#[must_use]
pub fn normal(text: &str) -> Option<String> {
    let text = text.trim();
    // To find a domain's name in what is much too long takes its time.
    if text.len() > MOST_BYTES {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_local = local.len() <= LONGEST_LOCAL
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(allowed));
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let email = format!("{}@{domain}", local.to_ascii_lowercase());
    (is_local && domain.contains('.') && !domain.ends_with('.') && email.len() <= LONGEST)
        .then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        for (given, expected) in [
            ("ada@example.com", "ada@example.com"),
            (" Ada@Example.COM ", "ada@example.com"),
            ("a.d+a@bücher.example", "a.d+a@xn--bcher-kva.example"),
            ("ada@ｅxample.com", "ada@example.com"),
        ] {
            assert_eq!(normal(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_address_or_looks_like_another_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        // What is soft is left out of a domain's name.
        let soft = format!("ada@ex{}ample.com", "\u{ad}".repeat(MOST_BYTES));
        for given in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "ada@example.com.",
            "ada@exa mple.com",
            "a da@example.com",
            ".ada@example.com",
            "a..d@example.com",
            "\"ada\"@example.com",
            "аda@example.com",
            "ada\0@example.com",
            "ada@example.com\0",
            "ada@-example.com",
            "ada@[127.0.0.1]",
            long.as_str(),
            soft.as_str(),
        ] {
            assert_eq!(normal(given), None, "{given:?}");
        }
    }
}
