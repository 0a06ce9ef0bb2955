use axum::http::{HeaderMap, header};

/// A media type that answers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: a well-formed request gets status 200, whatever
    /// becomes of it.
    Json,
    /// `application/graphql-response+json`: the status tells.
    GraphqlResponse,
    /// `text/event-stream`: the answer is an event.
    EventStream,
}

impl Media {
    /// What the `Content-Type` of the answer says.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => super::respond::JSON,
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }

    /// The media type that the client likes best (RFC 9110, section 12.5.1):
    /// JSON where it does not say, none where it accepts none of them. Events
    /// are for those who like them better than JSON.
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let accepted: Vec<_> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .collect();
        if accepted.is_empty() {
            return Some(Self::Json);
        }
        let quality = |media: &str| {
            let kind = media.split('/').next().unwrap_or_default();
            let mut best: Option<(u8, u16)> = None;
            for range in &accepted {
                let mut parts = range.split(';').map(str::trim);
                let name = parts.next().unwrap_or_default().to_ascii_lowercase();
                let specific = match name.as_str() {
                    name if name == media => 2,
                    "*/*" => 0,
                    name if name.strip_suffix("/*") == Some(kind) => 1,
                    _ => continue,
                };
                let weight = parts
                    .filter_map(|part| part.split_once('='))
                    .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
                    .map(|(_, weight)| weight.trim())
                    .map_or(1000, thousandths);
                if best.is_none_or(|(known, _)| specific > known) {
                    best = Some((specific, weight));
                }
            }
            best.map_or(0, |(_, weight)| weight)
        };
        let json = quality("application/json");
        let response = quality("application/graphql-response+json");
        let events = quality("text/event-stream");
        match (json, response) {
            _ if events > json.max(response) => Some(Self::EventStream),
            (0, 0) => None,
            // A client that names the newer type knows it; one that takes
            // anything may not.
            (json, response) if response > json => Some(Self::GraphqlResponse),
            (json, response) if json > response => Some(Self::Json),
            _ => Some(if names(&accepted, "application/graphql-response+json") {
                Self::GraphqlResponse
            } else {
                Self::Json
            }),
        }
    }
}

fn names(accepted: &[&str], media: &str) -> bool {
    accepted.iter().any(|range| {
        let name = range.split(';').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case(media)
    })
}

/// Reads a weight between 0 and 1, in thousandths.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.trim() == "1" {
        return 1000;
    }
    fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(3)
        .fold(0, |sum, digit| {
            sum * 10 + u16::from(digit.saturating_sub(b'0').min(9))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiate(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        Media::negotiate(&headers)
    }

    #[test]
    fn json_where_the_client_does_not_say() {
        assert_eq!(negotiate(""), Some(Media::Json));
        assert_eq!(negotiate("*/*"), Some(Media::Json));
        assert_eq!(negotiate("application/*"), Some(Media::Json));
    }

    #[test]
    fn what_the_client_likes_best() {
        let response = Some(Media::GraphqlResponse);
        assert_eq!(negotiate("application/graphql-response+json"), response);
        assert_eq!(
            negotiate("application/graphql-response+json, application/json;q=0.9"),
            response
        );
        assert_eq!(
            negotiate("application/graphql-response+json;q=0.5, application/json;q=0.51"),
            Some(Media::Json)
        );
    }

    #[test]
    fn events_for_those_who_like_them_better_than_json() {
        let events = Some(Media::EventStream);
        assert_eq!(negotiate("text/event-stream"), events);
        assert_eq!(negotiate("text/*"), events);
        assert_eq!(negotiate("text/event-stream, */*;q=0.1"), events);
        assert_eq!(
            negotiate("application/json;q=0.5, text/event-stream"),
            events
        );
        assert_eq!(
            negotiate("application/graphql-response+json, application/json, text/event-stream"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(
            negotiate("text/event-stream;q=0.9, application/json"),
            Some(Media::Json)
        );
        assert_eq!(negotiate("text/event-stream, */*"), Some(Media::Json));
        assert_eq!(negotiate("text/event-stream;q=0"), None);
    }

    #[test]
    fn nothing_for_a_client_that_takes_neither() {
        assert_eq!(negotiate("text/html"), None);
        assert_eq!(negotiate("application/json;q=0"), None);
    }
}
