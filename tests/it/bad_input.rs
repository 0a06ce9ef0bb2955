//! Requests that make no sense.
