//! Attempts to learn what one may not see.
