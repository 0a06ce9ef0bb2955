use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderName, header};

use super::router::Door;
use super::{origin, request_id};
use crate::accounts::COOKIE;
use crate::auth::Client;

/// Where proxies say who they speak for, the nearest last.
pub(super) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How much is kept of what a client calls itself, in characters.
const LONGEST_AGENT: usize = 512;

/// Who sent a request, as far as it can be told.
pub(super) fn client(door: &Door, headers: &HeaderMap, extensions: &Extensions) -> Client {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let agent = headers.get(header::USER_AGENT);
    Client {
        address: address(headers, door.trusted_proxies, peer.map(|peer| peer.0.ip())),
        user_agent: agent.map(|agent| {
            let agent = String::from_utf8_lossy(agent.as_bytes());
            agent.chars().take(LONGEST_AGENT).collect()
        }),
        request_id: request_id::current(),
        cookie: cookie(headers).filter(|_| origin::is_allowed(door, headers)),
        takes_cookies: true,
    }
}

/// The address behind so many proxies. Each adds the one it sees at the end,
/// and whoever asks writes the beginning, so it is counted from the end.
fn address(headers: &HeaderMap, proxies: usize, peer: Option<IpAddr>) -> Option<IpAddr> {
    let Some(hop) = proxies.checked_sub(1) else {
        return peer;
    };
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let addresses: Vec<_> = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .collect();
    let given = addresses.iter().rev().nth(hop)?;
    let given = std::str::from_utf8(given).unwrap_or_default().trim();
    let with_port = || Some(given.parse::<SocketAddr>().ok()?.ip());
    given.parse().ok().or_else(with_port).or(peer)
}

/// The refresh token that the browser has for us.
fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_address_is_the_one_that_the_first_trusted_proxy_saw() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "203.0.113.9, 198.51.100.1".parse().unwrap());
        headers.append(FORWARDED_FOR, "198.51.100.2".parse().unwrap());
        let peer = Some("192.0.2.1".parse().unwrap());
        let seen = |proxies| address(&headers, proxies, peer).map(|address| address.to_string());
        assert_eq!(seen(0).as_deref(), Some("192.0.2.1"));
        assert_eq!(seen(1).as_deref(), Some("198.51.100.2"));
        assert_eq!(seen(2).as_deref(), Some("198.51.100.1"));
        assert_eq!(seen(3).as_deref(), Some("203.0.113.9"));
        assert_eq!(seen(4), None);
    }

    #[test]
    fn some_proxies_add_the_port_and_nobody_makes_another_disappear() {
        for (given, expected) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("nobody", "192.0.2.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(b"\xff").unwrap());
            headers.append(FORWARDED_FOR, given.parse().unwrap());
            let peer = Some("192.0.2.1".parse().unwrap());
            let seen = address(&headers, 1, peer).map(|address| address.to_string());
            assert_eq!(seen.as_deref(), Some(expected));
        }
    }
}
