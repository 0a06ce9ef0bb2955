//! Arguments and input objects, each made as its type in the schema says.

use apollo_compiler::ast::{
    Argument, FieldDefinition, InputValueDefinition, Type, Value as Written,
};
use apollo_compiler::schema::InputObjectType;
use apollo_compiler::{Name, Node};
use serde_json::Value;

use super::draft::{Draft, Slot, argument};
use super::facts::Row;
use super::operands::{Context, beside, integer};
use super::pages::Page;
use super::selections::Place;
use super::vocabulary::is_page;

/// How deep conditions nest at most.
const DEEPEST: usize = 5;

impl<'g> Draft<'g> {
    /// The arguments of a field of `parent`, and its page where it has one.
    pub fn arguments(
        &mut self,
        parent: &str,
        field: &FieldDefinition,
        place: &Place,
    ) -> (Vec<Node<Argument>>, Option<Page>) {
        let mut arguments = Vec::new();
        let mut page = None;
        if is_page(field) {
            let (made, found) = self.page(field, place);
            arguments = made;
            page = Some(found);
        }
        let entity = if self.vocabulary.is_leaf(&field.ty) {
            parent.to_owned()
        } else {
            self.vocabulary.rows_of(&field.ty).to_string()
        };
        let facts = self.facts;
        let context = Context {
            witness: facts.row(&mut self.random, &entity),
            entity,
            field: field.name.to_string(),
            depth: 0,
        };
        self.given_to(field, page.is_some(), &context, &mut arguments);
        (arguments, page)
    }

    /// The filter and the search of a field that tells groups.
    pub fn narrowing(
        &mut self,
        entity: &str,
        field: &FieldDefinition,
        arguments: &mut Vec<Node<Argument>>,
    ) {
        let facts = self.facts;
        let context = Context {
            witness: facts.row(&mut self.random, entity),
            entity: entity.to_owned(),
            field: field.name.to_string(),
            depth: 0,
        };
        let mut narrowed = field.clone();
        narrowed
            .arguments
            .retain(|input| matches!(input.name.as_str(), "filter" | "search"));
        self.given_to(&narrowed, false, &context, arguments);
    }

    fn given_to(
        &mut self,
        field: &FieldDefinition,
        has_page: bool,
        context: &Context<'g>,
        arguments: &mut Vec<Node<Argument>>,
    ) {
        for input in &field.arguments {
            let is_page = has_page
                && matches!(
                    input.name.as_str(),
                    "first" | "last" | "after" | "before" | "offset"
                );
            let cases = match input.name.as_str() {
                _ if is_page => 0,
                _ if input.is_required() => 100,
                "filter" => 60,
                "orderBy" => 55,
                "search" => 30,
                _ => 50,
            };
            if !self.random.percent(cases) {
                continue;
            }
            if input.name == "filter" && !input.is_required() && self.errs(30) {
                arguments.push(argument(&input.name, Written::Null));
                continue;
            }
            let value = self.given(input, context);
            arguments.push(argument(&input.name, value));
        }
    }

    /// A value for an argument or an input field.
    fn given(&mut self, input: &InputValueDefinition, context: &Context<'g>) -> Written {
        let slot = if input.is_required() {
            Slot::Required
        } else {
            Slot::Optional
        };
        self.place(&input.ty, slot, |draft| {
            draft.value(&input.name, &input.ty, context)
        })
    }

    pub fn value(&mut self, label: &str, ty: &Type, context: &Context<'g>) -> Written {
        match ty {
            Type::List(item) | Type::NonNullList(item) => self.list(label, item, context),
            Type::Named(type_name) | Type::NonNullNamed(type_name) => {
                if let Some(object) = self.vocabulary.input_object(type_name) {
                    return self.input_object(&object, context);
                }
                let values = self.vocabulary.enum_values(type_name);
                match (label, type_name.as_str()) {
                    _ if !values.is_empty() && !self.is_of(context, type_name) => {
                        Written::Enum(self.random.pick(&values).clone())
                    }
                    ("search", "String") => self.search(context),
                    ("path", "String") => self.path(context),
                    ("p", "Float") => self.part(),
                    ("isNull", _) => {
                        let null = context.witness.and_then(|row| row.get(&context.field));
                        let null = null.is_some_and(Value::is_null);
                        Written::Boolean(null != self.random.percent(20))
                    }
                    (_, "Int") if !self.is_of(context, "Int") => {
                        integer(i64::try_from(self.random.below(5)).unwrap())
                    }
                    (_, "ID") if context.field != "id" => {
                        let id = self.id(context);
                        self.written("ID", &id)
                    }
                    _ => self.operand(ty, context, label),
                }
            }
        }
    }

    /// Whether the context's field is of a type.
    fn is_of(&self, context: &Context<'g>, type_name: &str) -> bool {
        let field = self.vocabulary.field(&context.entity, &context.field);
        field.is_some_and(|field| field.ty.inner_named_type() == type_name)
    }

    fn list(&mut self, label: &str, item: &Type, context: &Context<'g>) -> Written {
        if label == "ids" && self.errs(20) {
            let ids = (0..101).map(|_| Written::String("a".to_owned()).into());
            return Written::List(ids.collect());
        }
        let (least, most) = match label {
            "and" | "or" | "orderBy" => (usize::from(!self.random.percent(5)), 3),
            "in" | "notIn" => (usize::from(!self.random.percent(8)), 6),
            "ids" => (1, 8),
            _ => (1, 2),
        };
        let count = self.random.between(least, most);
        if count == 1 && self.random.percent(15) {
            // One stands for a list of one.
            return self.value(label, item, context);
        }
        let items = (0..count).map(|place| {
            let mut context = context.clone();
            if label == "or" && place > 0 {
                context.witness = None;
            }
            let value = self.place(item, Slot::Required, |draft| {
                draft.value(label, item, &context)
            });
            value.into()
        });
        Written::List(items.collect())
    }

    pub fn input_object(&mut self, object: &InputObjectType, context: &Context<'g>) -> Written {
        let type_name = object.name.as_str();
        let mut context = Context {
            depth: context.depth + 1,
            ..context.clone()
        };
        if let Some(entity) = self.vocabulary.entity_of_input(type_name)
            && entity.as_str() != context.entity
        {
            context.witness = self.related(&entity, &context);
            context.entity = entity.to_string();
        }
        if type_name.ends_with("Having") {
            return self.having(type_name, 1);
        }
        if type_name.ends_with("AggregateOrder") {
            return self.statistic_order(type_name, 1);
        }
        if object.fields.contains_key("path") {
            return self.json_condition(object, &context);
        }
        if object.fields.contains_key("isNull") {
            return self.operators(object, &context);
        }
        if object.is_one_of() {
            let deep = context.depth >= 3;
            let fields: Vec<_> = object
                .fields
                .values()
                .filter(|field| !deep || self.vocabulary.is_leaf(&field.ty))
                .collect();
            let field = *self.random.pick(&fields);
            context.field = field.name.to_string();
            let value = self.place(&field.ty, Slot::OneOf, |draft| {
                draft.value("eq", &field.ty, &context)
            });
            return Written::Object(vec![(field.name.clone(), value.into())]);
        }
        if type_name.ends_with("ListFilter") {
            return self.list_filter(object, &context);
        }
        if type_name.ends_with("Filter") {
            return self.filter(object, &context);
        }
        let mut fields = Vec::new();
        for field in object.fields.values() {
            if field.is_required() || self.random.percent(40) {
                fields.push((field.name.clone(), self.given(field, &context).into()));
            }
        }
        Written::Object(fields)
    }

    /// The row that the witness of the context refers to by its field, or one
    /// that refers to it.
    fn related(&mut self, entity: &Name, context: &Context<'g>) -> Option<&'g Row> {
        let facts = self.facts;
        let witness = context.witness?;
        let found = match witness.get(&context.field) {
            Some(reference) => facts.by_id(entity, reference.get("id")?),
            None => facts.referring(&mut self.random, entity, witness.get("id")?),
        };
        found.or_else(|| facts.row(&mut self.random, entity))
    }

    /// Conditions on the rows of an entity.
    fn filter(&mut self, object: &InputObjectType, context: &Context<'g>) -> Written {
        let facts = self.facts;
        let mut context = context.clone();
        if context.witness.is_none() || self.random.percent(10) {
            context.witness = facts.row(&mut self.random, &context.entity);
        }
        if self.random.percent(2) {
            return Written::Object(Vec::new());
        }
        let fields = object.fields.values();
        let (within, own): (Vec<_>, Vec<_>) = fields.partition(|field| {
            // Filters again, of this entity or of another.
            let object = self.vocabulary.input_object(field.ty.inner_named_type());
            object.is_some_and(|object| self.vocabulary.entity_of_input(&object.name).is_some())
        });
        let deep = context.depth >= DEEPEST;
        let nested = !deep
            && self
                .random
                .percent(if context.depth == 1 { 45 } else { 25 });
        let most = if context.depth == 1 { 3 } else { 2 };
        let count = self.random.between(usize::from(!nested), most);
        let mut chosen = self.random.some(&own, count);
        // Few fields hold JSON, and there is much to say about it.
        let mut lists = own.iter().filter(|field| field.ty.is_list());
        if let Some(list) = lists.next()
            && !chosen.contains(list)
            && self.random.percent(20)
        {
            chosen.push(list);
        }
        if nested {
            let count = self.random.between(1, 2);
            chosen.extend(self.random.some(&within, count));
        }
        let mut fields = Vec::new();
        for field in chosen {
            let mut inner = context.clone();
            if matches!(field.name.as_str(), "and" | "or" | "not") {
                if field.name == "not" {
                    inner.witness = None;
                }
            } else {
                inner.field = field.name.to_string();
            }
            if field.name != "not" && self.errs(10) {
                fields.push((field.name.clone(), Written::Null.into()));
                continue;
            }
            fields.push((field.name.clone(), self.given(field, &inner).into()));
        }
        Written::Object(fields)
    }

    /// Conditions on the rows that refer to a row: `some`, `none`, `every`.
    fn list_filter(&mut self, object: &InputObjectType, context: &Context<'g>) -> Written {
        let fields: Vec<_> = object.fields.values().cloned().collect();
        let count = if self.random.percent(85) { 1 } else { 2 };
        let mut made = Vec::new();
        for field in self.random.some(&fields, count) {
            let mut inner = context.clone();
            if field.name == "none" {
                inner.witness = None;
            }
            made.push((field.name.clone(), self.given(&field, &inner).into()));
        }
        Written::Object(made)
    }

    /// Operators on a value.
    fn operators(&mut self, object: &InputObjectType, context: &Context<'g>) -> Written {
        let null = context.witness.and_then(|row| row.get(&context.field));
        let null = null.is_some_and(Value::is_null);
        let fields: Vec<_> = object
            .fields
            .values()
            .filter(|field| {
                // What is null meets few conditions.
                !null || matches!(field.name.as_str(), "isNull" | "ne" | "notIn")
            })
            .cloned()
            .collect();
        let count = match self.random.below(20) {
            0 => 0,
            1..=15 => 1,
            _ => 2,
        };
        let mut made = Vec::new();
        for field in self.random.some(&fields, count) {
            made.push((field.name.clone(), self.given(&field, context).into()));
        }
        Written::Object(made)
    }

    /// Words of the texts of a row.
    fn search(&mut self, context: &Context<'g>) -> Written {
        let facts = self.facts;
        let words = facts.words(&mut self.random, &context.entity);
        match words {
            Some(words) if !self.random.percent(4) => {
                let operator = *self.random.pick(&["eq", "eq", "eqIgnoreCase"]);
                let words = beside(&mut self.random, operator, words.into(), Value::Null);
                self.written("String", &words)
            }
            _ => self.noise("String", context),
        }
    }
}
