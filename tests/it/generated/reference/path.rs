//! Places in JSON documents.

use serde_json::Value;

use super::{Stop, refused};

/// How many bytes a name has at most.
const LONGEST_NAME: usize = 128;
const MOST_STEPS: usize = 16;

/// The way to a place in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Member(String),
    Item(usize),
}

impl Path {
    /// Reads a path such as `ports[0].kind` or `"a.b".c`.
    pub fn read(text: &str) -> Result<Self, Stop> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let name = if let Some(quoted) = rest.strip_prefix('"') {
                let Some((name, after)) = quoted.split_once('"') else {
                    return refused("BAD_USER_INPUT");
                };
                rest = after;
                name
            } else {
                let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                if name.is_empty() || name.trim() != name {
                    return refused("BAD_USER_INPUT");
                }
                rest = after;
                name
            };
            let is_odd = |letter: char| matches!(letter, '"' | '\\') || letter.is_control();
            if name.len() > LONGEST_NAME || name.contains(is_odd) {
                return refused("BAD_USER_INPUT");
            }
            steps.push(Step::Member(name.to_owned()));
            while let Some(place) = rest.strip_prefix('[') {
                let found = place.split_once(']').and_then(|(place, after)| {
                    let digits =
                        !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
                    Some((place.parse().ok().filter(|_| digits)?, after))
                });
                let Some((place, after)) = found else {
                    return refused("BAD_USER_INPUT");
                };
                steps.push(Step::Item(place));
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() && steps.len() <= MOST_STEPS => return Ok(Self(steps)),
                None => return refused("BAD_USER_INPUT"),
            }
        }
    }

    /// What stands there, where something does.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            Step::Member(name) => value.as_object()?.get(name),
            Step::Item(place) => value.as_array()?.get(*place),
        })
    }
}
