use crate::error::ApiError;

/// What whoever passes an answer on wants to know before all of it is there.
pub trait Watch: Send + Sync {
    /// That so many more bytes of it have come.
    ///
    /// # Errors
    /// Where there is no room for them. What has not run yet does not run then.
    fn comes(&self, bytes: usize) -> Result<(), ApiError>;

    /// That what is read of the operation takes so many bytes of memory until the
    /// answer is there.
    ///
    /// # Errors
    /// Where there is no room for them. Nothing runs then.
    fn holds(&self, bytes: usize) -> Result<(), ApiError>;

    /// That it may tell of something that is changed for good from now on.
    fn commits(&self);
}

/// Nobody does.
impl Watch for () {
    fn comes(&self, _: usize) -> Result<(), ApiError> {
        Ok(())
    }

    fn holds(&self, _: usize) -> Result<(), ApiError> {
        Ok(())
    }

    fn commits(&self) {}
}
