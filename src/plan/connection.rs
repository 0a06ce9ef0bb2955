use std::borrow::Cow;

use super::{Aggregate, Fingerprint, Object, OrderTerm, ParamId, Predicate, Rows, Statistic};

/// A page of rows or groups and what is told about it.
#[derive(Clone, Debug)]
pub struct Connection<'c> {
    /// The rows the list is made of, whatever page of it is asked for.
    pub rows: Rows<'c>,
    /// The order, ending with the primary key, or with all keys of groups.
    pub order: Vec<OrderTerm<'c>>,
    /// The part of the list between the cursors that were given.
    pub window: Predicate<'c>,
    /// Whether rows come before the window.
    pub preceding: Outside<'c>,
    /// Whether rows come after the window.
    pub following: Outside<'c>,
    /// Whether the page is counted from the window's end.
    pub backward: bool,
    /// How many rows a page has.
    pub size: ParamId,
    /// How many rows the page has at most, which [`size`](Self::size) binds.
    pub most: u64,
    /// How many rows a page of this sort may have.
    pub largest: u32,
    /// One more than [`size`](Self::size), to learn whether there are more.
    pub fetch: ParamId,
    /// How many rows are skipped.
    pub offset: Option<ParamId>,
    /// What the page's cursors are bound to.
    pub fingerprint: Fingerprint,
    /// Response keys and members, in response order.
    pub members: Vec<(String, ConnectionMember<'c>)>,
}

/// Whether the list has rows on one side of the window.
#[derive(Clone, Debug)]
pub enum Outside<'c> {
    /// None, for the window is open to that side.
    Nothing,
    /// If rows meet this condition.
    Rows(Predicate<'c>),
}

/// A member of a connection.
#[derive(Clone, Debug)]
pub enum ConnectionMember<'c> {
    /// The connection's type name.
    Typename(String),
    /// The page's rows.
    Nodes(Object<'c>),
    /// The page's rows with their cursors.
    Edges(Vec<(String, EdgeMember<'c>)>),
    /// Where the page stands in the list.
    PageInfo(Vec<(String, PageInfoMember)>),
    /// How many rows the list has.
    TotalCount,
    /// Statistics over the rows of all groups.
    Totals(Box<Aggregate<'c>>),
    /// Statistics over the groups.
    Summary(Vec<(String, Statistic<'c>)>),
    /// How many rows have each value of some of their fields.
    Facets(Vec<(String, Facet<'c>)>),
}

/// How many rows have each value of a field.
#[derive(Clone, Debug)]
pub enum Facet<'c> {
    /// The name of the object's type.
    Typename(Cow<'c, str>),
    /// Several of them.
    Object(Vec<(String, Facet<'c>)>),
    /// The nodes of a page of groups.
    Counts(Box<Connection<'c>>),
}

/// A member of an edge.
#[derive(Clone, Debug)]
pub enum EdgeMember<'c> {
    /// The edge's type name.
    Typename(String),
    /// The row's position.
    Cursor,
    /// The row.
    Node(Object<'c>),
}

/// A member of a page info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageInfoMember {
    /// The type name.
    Typename,
    /// Whether rows come after the page.
    HasNextPage,
    /// Whether rows come before the page.
    HasPreviousPage,
    /// The position of the page's first row.
    StartCursor,
    /// The position of the page's last row.
    EndCursor,
}

impl Connection<'_> {
    /// Whether anything of the page's rows is asked for.
    #[must_use]
    pub fn reads_page(&self) -> bool {
        self.members
            .iter()
            .any(|(_, member)| self.reads_for(member))
    }

    /// Whether a member tells something of the page's rows.
    #[must_use]
    pub fn reads_for(&self, member: &ConnectionMember<'_>) -> bool {
        match member {
            ConnectionMember::Nodes(_) | ConnectionMember::Edges(_) => !self.is_empty(),
            ConnectionMember::PageInfo(_) => {
                self.looks_ahead() || !self.is_empty() && self.reads_end()
            }
            ConnectionMember::Typename(_)
            | ConnectionMember::TotalCount
            | ConnectionMember::Totals(_)
            | ConnectionMember::Summary(_)
            | ConnectionMember::Facets(_) => false,
        }
    }

    /// Whether something is told besides that groups are made for.
    #[must_use]
    pub fn makes_groups_besides(&self) -> bool {
        self.members.iter().any(|(_, member)| match member {
            ConnectionMember::TotalCount
            | ConnectionMember::Totals(_)
            | ConnectionMember::Summary(_) => matches!(self.rows, Rows::Groups(_)),
            ConnectionMember::Facets(_) => true,
            ConnectionMember::Typename(_)
            | ConnectionMember::Nodes(_)
            | ConnectionMember::Edges(_)
            | ConnectionMember::PageInfo(_) => false,
        })
    }

    /// Whether rows are counted by the values of their fields.
    #[must_use]
    pub fn has_facets(&self) -> bool {
        self.members
            .iter()
            .any(|(_, member)| matches!(member, ConnectionMember::Facets(_)))
    }

    /// Whether groups or walks hang on the page's rows, or on rows related to
    /// them.
    #[must_use]
    pub fn nests_derived_tables(&self) -> bool {
        self.members.iter().any(|(_, member)| match member {
            ConnectionMember::Nodes(object) => object.has_derived_tables(),
            ConnectionMember::Edges(edges) => edges.iter().any(|(_, member)| match member {
                EdgeMember::Node(object) => object.has_derived_tables(),
                EdgeMember::Typename(_) | EdgeMember::Cursor => false,
            }),
            _ => false,
        })
    }

    /// The samples of groups whose rows have groups or walks hanging on them, by
    /// place.
    #[must_use]
    pub fn samples_hung_on(&self) -> Vec<usize> {
        let mut places = Vec::new();
        for (_, member) in &self.members {
            match member {
                ConnectionMember::Nodes(object) => object.samples_hung_on(&mut places),
                ConnectionMember::Edges(edges) => {
                    for (_, member) in edges {
                        if let EdgeMember::Node(object) = member {
                            object.samples_hung_on(&mut places);
                        }
                    }
                }
                _ => {}
            }
        }
        places
    }

    /// Whether the page has no rows by its size.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.most == 0
    }

    /// How many of the rows that are read are kept. An empty page keeps the row
    /// ahead, which says that there is one.
    #[must_use]
    pub fn kept(&self) -> ParamId {
        if self.is_empty() {
            self.fetch
        } else {
            self.size
        }
    }

    /// Whether the page must be read one row further than it goes.
    #[must_use]
    pub fn looks_ahead(&self) -> bool {
        let ahead = if self.backward {
            PageInfoMember::HasPreviousPage
        } else {
            PageInfoMember::HasNextPage
        };
        self.page_info().any(|member| member == ahead)
    }

    /// Whether the position of the first or last row is asked for.
    #[must_use]
    pub fn reads_end(&self) -> bool {
        self.page_info().any(|member| {
            matches!(
                member,
                PageInfoMember::StartCursor | PageInfoMember::EndCursor
            )
        })
    }

    fn page_info(&self) -> impl Iterator<Item = PageInfoMember> {
        self.members
            .iter()
            .filter_map(|(_, member)| match member {
                ConnectionMember::PageInfo(members) => Some(members),
                _ => None,
            })
            .flatten()
            .map(|(_, member)| *member)
    }
}
