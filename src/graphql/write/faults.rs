use crate::graphql::user_error::{MOST_ERRORS, UserError, UserErrorKind};

/// What is wrong with the values of a write, and where in its arguments: all
/// of it is told at once.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Faults {
    path: Vec<String>,
    found: Vec<UserError>,
}

impl Faults {
    /// Reads what stands under a name of the arguments.
    pub fn under<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.enter(name);
        let result = read(self);
        self.leave();
        result
    }

    /// Begins to read what stands under a name of the arguments.
    pub fn enter(&mut self, name: &str) {
        self.path.push(name.to_owned());
    }

    /// Ends to.
    pub fn leave(&mut self) {
        self.path.pop();
    }

    /// Where that is.
    pub fn path(&self) -> Vec<String> {
        self.path.clone()
    }

    /// Adds that what stands here is not taken.
    pub fn add(&mut self, message: impl Into<String>) {
        if self.found.len() < MOST_ERRORS {
            let path: Vec<_> = self.path.iter().map(String::as_str).collect();
            self.found
                .push(UserError::new(UserErrorKind::Validation, message, &path));
        }
    }

    /// Whether anything is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All that is wrong.
    pub fn into_errors(self) -> Vec<UserError> {
        self.found
    }
}
