//! What is told of all groups.

use serde_json::Value;

use super::Summary;
use crate::generated::reference::Stop;
use crate::generated::reference::figure::{Figure, reading};
use crate::generated::reference::model::{Entity, Relation, column_of};
use crate::generated::reference::path::Path;
use crate::generated::reference::plan::{Keyed, Planner};
use crate::generated::reference::request::Asked;
use crate::generated::reference::statistics::{Function, Values, function};

impl<'d> Planner<'d> {
    pub(super) fn summary(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<Keyed<Summary>, Stop> {
        let ty = format!("{}Summary", entity.name);
        self.summaries(&ty, asked, |asked| {
            let name = asked.field.name.as_str();
            if name == "count" {
                return self.summed(Figure::rows(through), asked);
            }
            if let Some(relation) = entity.relation(name) {
                let through: Vec<_> = through.iter().copied().chain([relation]).collect();
                let inner = self.summary(relation.entity(), &through, asked)?;
                return Ok(Summary::Object(inner));
            }
            let column = column_of(name);
            let values = |within| Values::new(through.to_vec(), entity, column.clone(), within);
            let ty = asked.field.definition.ty.inner_named_type().as_str();
            if ty != "JSONSummary" {
                return self.summary_of(&values(None), ty, asked);
            }
            let path = asked.arguments.get("path").and_then(Value::as_str);
            let path = Path::read(path.unwrap_or_default())?;
            let inner = self.summaries(ty, asked, |asked| {
                let name = asked.field.name.as_str();
                if name == "count" {
                    let values = values(Some((path.clone(), None)));
                    return self.summed(Figure::of(values, Function::Count), asked);
                }
                let ty = asked.field.definition.ty.inner_named_type().as_str();
                let values = values(Some((path.clone(), Some(reading(name)))));
                self.summary_of(&values, ty, asked)
            })?;
            Ok(Summary::Object(inner))
        })
    }

    fn summary_of(&self, values: &Values, ty: &str, asked: &Asked<'d>) -> Result<Summary, Stop> {
        let inner = self.summaries(ty, asked, |asked| {
            let function = function(asked.field.name.as_str(), asked.arguments.get("p"))?;
            self.summed(Figure::of(values.clone(), function), asked)
        })?;
        Ok(Summary::Object(inner))
    }

    fn summed(&self, figure: Figure, asked: &Asked<'d>) -> Result<Summary, Stop> {
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        let members: Result<_, Stop> = fields
            .map(|asked| {
                let name = asked.field.name.as_str();
                let function = if name == "__typename" {
                    None
                } else {
                    Some(function(name, asked.arguments.get("p"))?)
                };
                Ok((asked.key, function))
            })
            .collect();
        Ok(Summary::Over(figure, members?, ty.to_owned()))
    }

    fn summaries(
        &self,
        ty: &str,
        asked: &Asked<'d>,
        read: impl Fn(&Asked<'d>) -> Result<Summary, Stop>,
    ) -> Result<Keyed<Summary>, Stop> {
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        fields
            .map(|asked| {
                let part = if asked.field.name == "__typename" {
                    Summary::TypeName(ty.to_owned())
                } else {
                    read(&asked)?
                };
                Ok((asked.key, part))
            })
            .collect()
    }
}
