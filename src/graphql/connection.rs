use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, Object, TypeRef};

use super::collect::told_before;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{cost, facet, order, page, search};
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{
    Connection, ConnectionMember, EdgeMember, OrderTerm, PageInfoMember, Root, Rows, Source,
};

/// The name of the type that tells where a page stands.
pub(super) const PAGE_INFO: &str = "PageInfo";

/// The name of an entity's connection type.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Connection", entity.name)
}

fn edge_name(entity: &Entity) -> String {
    format!("{}Edge", entity.name)
}

/// The types of a page of an entity's rows (Relay, Cursor Connections).
pub(super) fn define(view: View<'_>, entity: &Entity) -> [Object; 2] {
    let rows = entity.plural_words();
    let edge = edge_name(entity);
    let page = Object::new(type_name(entity))
        .description(format!("A page of {rows}."))
        .field(field(
            "nodes",
            TypeRef::named_nn_list_nn(&entity.name),
            format!("The {rows} on the page."),
        ))
        .field(field(
            "edges",
            TypeRef::named_nn_list_nn(&edge),
            format!("The {rows} on the page, each with its cursor."),
        ))
        .field(field(
            "pageInfo",
            TypeRef::named_nn(PAGE_INFO),
            "Where the page stands in the list.",
        ))
        .field(field(
            "totalCount",
            TypeRef::named_nn(TypeRef::INT),
            format!("How many {rows} the whole list has. Counted only when asked for."),
        ));
    [
        facet::field(view, entity)
            .into_iter()
            .fold(page, Object::field),
        Object::new(&edge)
            .description(format!("One of the {rows} on a page, with its cursor."))
            .field(field(
                "cursor",
                TypeRef::named_nn(TypeRef::STRING),
                "The row's position in the list, for `after` and `before`.",
            ))
            .field(field(
                "node",
                TypeRef::named_nn(&entity.name),
                format!("The {}.", entity.words()),
            )),
    ]
}

/// The type that tells where a page stands.
pub(super) fn define_page_info() -> Object {
    Object::new(PAGE_INFO)
        .description("Where a page stands in its list.")
        .field(field(
            "hasNextPage",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "Whether the list has rows after the page.",
        ))
        .field(field(
            "hasPreviousPage",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "Whether the list has rows before the page.",
        ))
        .field(field(
            "startCursor",
            TypeRef::named(TypeRef::STRING),
            "The position of the page's first row; null on an empty page.",
        ))
        .field(field(
            "endCursor",
            TypeRef::named(TypeRef::STRING),
            "The position of the page's last row; null on an empty page.",
        ))
}

fn field(name: &str, output: TypeRef, description: impl Into<String>) -> Field {
    answered(name, output).description(description)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans the root field that reads a page of an entity's rows.
    pub(super) fn list(
        &mut self,
        entity: &'c Entity,
        fields: &[&'r Selected],
    ) -> Result<Root<'c>, ApiError> {
        let source = self.source(entity);
        let connection = self.connection(source, fields)?;
        Ok(Root::Connection(Box::new(connection)))
    }

    /// Reads a page of the rows of `source`: its arguments and its selections.
    pub(super) fn connection(
        &mut self,
        mut source: Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Connection<'c>, ApiError> {
        let (field, variables) = (fields[0], self.variables());
        let search = self.narrow(&mut source, field)?;
        let order = match (Input::given(field, order::ORDER_BY, variables), search) {
            (None, Some(search)) => {
                let relevance = self
                    .relevance(&source, &search)
                    .map_err(|error| error.within(search::SEARCH))?;
                self.total_order(&source, vec![relevance])
            }
            (order, _) => self
                .order(&source, order)
                .map_err(|error| error.within(order::ORDER_BY))?,
        };
        let entity = source.entity();
        let rows = Rows::Entity(Box::new(source.clone()));
        let mut connection = self.page(rows, order, field, page::ROWS)?;
        let members = self.collect(fields, &type_name(entity))?;
        let reads = |names: &[&str]| {
            let mut members = members.iter();
            members.any(|(_, fields)| names.contains(&fields[0].name.as_str()))
        };
        if reads(&["totalCount"]) {
            self.charge_counts(cost::COUNT);
        }
        let rows = if reads(&["nodes", "edges"]) {
            connection.most
        } else {
            if reads(&["pageInfo"]) {
                self.charge(connection.most);
            }
            1
        };
        self.charge(rows);
        for (key, fields) in members {
            // Facets are of the whole list, whatever its page.
            let rows = if fields[0].name == facet::FACETS {
                1
            } else {
                rows
            };
            let member = self.for_each(rows, |reader| {
                reader.under(key, |reader| {
                    reader.connection_member(&source, &connection.order, field, &fields)
                })
            })?;
            connection.members.push((key.to_owned(), member));
        }
        Ok(connection)
    }

    fn connection_member(
        &mut self,
        source: &Source<'c>,
        order: &[OrderTerm<'c>],
        asked: &'r Selected,
        fields: &[&'r Selected],
    ) -> Result<ConnectionMember<'c>, ApiError> {
        Ok(match fields[0].name.as_str() {
            "__typename" => ConnectionMember::Typename(type_name(source.entity())),
            "totalCount" => ConnectionMember::TotalCount,
            "nodes" => ConnectionMember::Nodes(self.object(source, fields)?),
            "edges" => {
                let mut members = Vec::new();
                let collected = self.collect(fields, &edge_name(source.entity()))?;
                let told = told_before(&collected, self.variables());
                for (place, (key, fields)) in collected.iter().enumerate() {
                    let member = self.under(key, |reader| {
                        Ok(match fields[0].name.as_str() {
                            "__typename" => EdgeMember::Typename(edge_name(source.entity())),
                            "cursor" => {
                                reader.spend_cursor(order, told[place]);
                                EdgeMember::Cursor
                            }
                            _ => EdgeMember::Node(reader.object(source, fields)?),
                        })
                    })?;
                    members.push(((*key).to_owned(), member));
                }
                ConnectionMember::Edges(members)
            }
            "pageInfo" => self.page_info(order, fields)?,
            facet::FACETS => self.facets(source, asked, fields)?,
            other => return Err(ApiError::internal(&format!("no field {other}"))),
        })
    }

    /// Reads where the page stands.
    pub(super) fn page_info(
        &mut self,
        order: &[OrderTerm<'c>],
        fields: &[&'r Selected],
    ) -> Result<ConnectionMember<'c>, ApiError> {
        let collected = self.collect(fields, PAGE_INFO)?;
        let told = told_before(&collected, self.variables());
        let mut members = Vec::with_capacity(collected.len());
        for (place, (key, fields)) in collected.iter().enumerate() {
            let member = match fields[0].name.as_str() {
                "__typename" => PageInfoMember::Typename,
                "hasNextPage" => PageInfoMember::HasNextPage,
                "hasPreviousPage" => PageInfoMember::HasPreviousPage,
                name => {
                    self.spend_cursor(order, told[place]);
                    if name == "startCursor" {
                        PageInfoMember::StartCursor
                    } else {
                        PageInfoMember::EndCursor
                    }
                }
            };
            members.push(((*key).to_owned(), member));
        }
        Ok(ConnectionMember::PageInfo(members))
    }
}
