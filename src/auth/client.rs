use std::net::{IpAddr, Ipv6Addr};

/// Where a request comes from, as far as the door knows.
#[derive(Clone, Default)]
pub struct Client {
    /// The address, behind the proxies that are trusted.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// The name of the request, as in the log.
    pub request_id: Option<String>,
    /// The refresh token of its cookie, where the request may use it.
    pub cookie: Option<String>,
    /// Whether the answer can set a cookie.
    pub takes_cookies: bool,
}

impl Client {
    /// What attempts are counted by: the address, and of IPv6 the network that
    /// one household has all of (RFC 6177 recommends a /56).
    #[must_use]
    pub fn network(&self) -> String {
        match self.address {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                if let Some(address) = address.to_ipv4_mapped() {
                    return address.to_string();
                }
                let network = u128::from(address) & (u128::MAX << (128 - 56));
                format!("{}/56", Ipv6Addr::from(network))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_is_one_client() {
        let network = |address: &str| {
            let address = Some(address.parse().unwrap());
            Client {
                address,
                ..Client::default()
            }
            .network()
        };
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/56");
        assert_eq!(network("2001:db8:1:ff::1"), "2001:db8:1::/56");
        assert_eq!(network("2001:db8:1:102::1"), "2001:db8:1:100::/56");
    }
}
