use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, TypeRef};

use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use crate::error::ApiError;
use crate::plan::{Predicate, Root, Row, Value};

/// The name of the root field.
pub(super) const ME: &str = "me";

/// The root field that reads who asks, where the role may see accounts.
pub(super) fn define_field(view: View<'_>) -> Option<Field> {
    let entity = view.accounts()?;
    let field = answered(ME, TypeRef::named(&entity.name));
    Some(field.description("Who you are; null where you are not signed in."))
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans `me`.
    pub(super) fn me(&mut self, fields: &[&'r Selected]) -> Result<Root<'c>, ApiError> {
        let entity = self.view().accounts();
        let entity = entity.ok_or_else(|| ApiError::internal(&"me without accounts"))?;
        let row = if let Some(user) = self.requester().user() {
            let param = self.bind(Value::Uuid(user));
            self.row_by(entity, param, fields)?
        } else {
            let mut source = self.source(entity);
            source.narrow(Predicate::False);
            let object = self.object(&source, fields)?;
            Row { source, object }
        };
        Ok(Root::Row(Box::new(row)))
    }
}
