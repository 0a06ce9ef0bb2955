use std::any::Any;

use crate::error::ApiError;

/// The error that a client sees where the program panicked.
pub(super) fn error(panic: &(dyn Any + Send)) -> ApiError {
    let detail = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    ApiError::internal(&detail)
}
