use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, TypeRef};

use super::cost;
use super::global_id;
use super::input::Input;
use super::object::list_field;
use super::order::DIRECTION;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use crate::catalog::{Entity, Relation};
use crate::error::ApiError;
use crate::plan::{
    Bucket, Comparison, DEEPEST_TREE, GroupKey, Member, ParamId, Population, Predicate, Row,
    Source, Value,
};

/// The condition on a row's place in its tree.
pub(super) const CONDITION: &str = "inSubtreeOf";
const ANCESTORS: &str = "ancestors";
const DESCENDANTS: &str = "descendants";
const MAX_DEPTH: &str = "maxDepth";
/// What rows are grouped by if they are below rows of a tree.
pub(super) const AT_LEVEL: &str = "atLevel";
const LEVEL: &str = "level";

/// The relation that leads to the parents of an entity whose rows make a
/// tree.
fn parent<'c>(view: View<'c>, entity: &'c Entity) -> Option<&'c Relation> {
    let parent = entity.parent()?;
    view.relation(entity, &parent.name)
        .map(|(relation, _)| relation)
}

/// The fields of a row that makes a tree with others.
pub(super) fn define_fields(view: View<'_>, entity: &Entity) -> Vec<Field> {
    if parent(view, entity).is_none() {
        return Vec::new();
    }
    let rows = entity.plural_words();
    let ancestors =
        answered(ANCESTORS, TypeRef::named_nn_list_nn(&entity.name)).description(format!(
            "The {rows} above this one, from the root down. One that you may not see ends the \
             way up; at most {DEEPEST_TREE} levels."
        ));
    let descendants = list_field(
        view,
        DESCENDANTS,
        &format!("The {rows} below this one, page by page."),
        entity,
    )
    .argument(
        InputValue::new(MAX_DEPTH, TypeRef::named(TypeRef::INT)).description(format!(
            "How many levels down, 1 for the {rows} directly below; {DEEPEST_TREE} unless said, \
             which is also the most."
        )),
    );
    vec![ancestors, descendants]
}

/// The condition on a row's place in its tree.
pub(super) fn condition(view: View<'_>, entity: &Entity) -> Option<InputValue> {
    parent(view, entity).map(|_| {
        InputValue::new(CONDITION, TypeRef::named(TypeRef::ID)).description(format!(
            "Is the {} of this id, or below it. One that does not exist, or that you may not see, \
             has nothing below it.",
            entity.words()
        ))
    })
}

/// What rows are grouped by if they are below rows of a tree.
pub(super) fn group_by(view: View<'_>, entity: &Entity) -> Option<InputValue> {
    parent(view, entity).map(|_| {
        InputValue::new(AT_LEVEL, TypeRef::named(TypeRef::INT)).description(format!(
            "The {} above it at this level, or itself: 1 for those without a parent that you may \
             see. What is above the level counts as null.",
            entity.words()
        ))
    })
}

/// What rows of a group have in common if they are below a row of a tree.
pub(super) fn group_key(view: View<'_>, entity: &Entity) -> Option<Field> {
    parent(view, entity).map(|_| {
        answered(AT_LEVEL, TypeRef::named(&entity.name))
            .description(format!("The {} they are below.", entity.words()))
            .argument(
                InputValue::new(LEVEL, TypeRef::named(TypeRef::INT))
                    .description("Which, where rows are grouped by several levels."),
            )
    })
}

/// The order of groups of rows that are below rows of a tree.
pub(super) fn group_order(view: View<'_>, entity: &Entity) -> Option<InputValue> {
    parent(view, entity).map(|_| {
        InputValue::new(AT_LEVEL, TypeRef::named(DIRECTION)).description(format!(
            "By the id of the {} they are below.",
            entity.words()
        ))
    })
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads the level of a tree that rows are grouped by, and the key of the
    /// row there.
    pub(super) fn at_level(
        &mut self,
        population: &mut Population<'c>,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<(i64, GroupKey<'c>), ApiError> {
        let relation = parent(self.view(), source.entity())
            .ok_or_else(|| ApiError::internal(&"a level of no tree"))?;
        let level = input
            .integer()
            .filter(|level| (1..=i64::from(DEEPEST_TREE)).contains(level))
            .ok_or_else(|| ApiError::input(format!("A level is between 1 and {DEEPEST_TREE}.")))?;
        self.charge(cost::WALK);
        let text = format!(
            " at level {level} from {}",
            population.path_to(source.alias())
        );
        let (param, depth) = (self.bind(Value::Int(level)), self.deepest());
        let scalar = self.level(population, source, relation, param, depth);
        let key = GroupKey {
            scalar,
            nullable: true,
            bucket: Bucket::Level { text },
        };
        Ok((level, key))
    }

    /// The level that a key is asked with.
    pub(super) fn asked_level(&self, asked: &Selected) -> Option<i64> {
        Input::given(asked, LEVEL, self.variables()).and_then(Input::integer)
    }

    /// Reads the fields that walk through a tree; `None` if it is another
    /// field.
    pub(super) fn tree_member(
        &mut self,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Option<Member<'c>>, ApiError> {
        let Some(relation) = parent(self.view(), source.entity()) else {
            return Ok(None);
        };
        match fields[0].name.as_str() {
            ANCESTORS => {
                let depth = self.deepest();
                let reached = self.reached(source, relation, true, depth);
                let object = self.per_row(DEEPEST_TREE.into(), |reader| {
                    reader.object(&reached, fields)
                })?;
                Ok(Some(Member::Ancestors(Box::new(Row {
                    source: reached,
                    object,
                }))))
            }
            DESCENDANTS => {
                self.charge(cost::WALK);
                let depth = self.max_depth(fields[0])?;
                let reached = self.reached(source, relation, false, depth);
                let connection = self.connection(reached, fields)?;
                Ok(Some(Member::Connection(Box::new(connection))))
            }
            _ => Ok(None),
        }
    }

    fn deepest(&mut self) -> ParamId {
        self.bind(Value::Int(DEEPEST_TREE.into()))
    }

    fn max_depth(&mut self, field: &Selected) -> Result<ParamId, ApiError> {
        let Some(input) = Input::given(field, MAX_DEPTH, self.variables()) else {
            return Ok(self.deepest());
        };
        match input.integer() {
            Some(depth) if (1..=i64::from(DEEPEST_TREE)).contains(&depth) => {
                Ok(self.bind(Value::Int(depth)))
            }
            _ => Err(
                ApiError::input(format!("The depth is between 1 and {DEEPEST_TREE}."))
                    .within(MAX_DEPTH),
            ),
        }
    }

    /// Reads the condition on a row's place in its tree.
    pub(super) fn in_subtree(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let (view, entity) = (self.view(), source.entity());
        let relation = parent(view, entity)
            .ok_or_else(|| ApiError::internal(&format!("{} is no tree", entity.name)))?;
        let text = input
            .text()
            .ok_or_else(|| ApiError::input("Expected an id; leave this out otherwise."))?;
        let key = global_id::parse_for(view, entity, text)?;
        self.spend_condition(0)?;
        self.charge(cost::WALK);
        let mut root = self.source(entity);
        let param = self.bind(Value::Uuid(key));
        let id = self.key(&root);
        root.narrow(Predicate::Compare(id, Comparison::Equal, param));
        let depth = self.deepest();
        let walk = self.walk(root, relation, false, depth);
        let own = self.key(source);
        Ok(Predicate::Reached(own, Box::new(walk)))
    }
}
