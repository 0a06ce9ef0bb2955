//! The category tree: forty nodes in four levels, and more of the finest ones as the shop grows.

use super::calendar::{as_recorded, date, midnight};
use super::random::{Purpose, Random};
use chrono::{DateTime, TimeDelta, Utc};
use entity::category;
use uuid::Uuid;

/// What a category sells: the words for its products and the range of their prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goods {
    pub(super) nouns: [&'static str; 3],
    /// In minor units, lowest and highest.
    pub(super) prices: (u64, u64),
    pub(super) kind: Kind,
}

/// Decides which attributes a product has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Electronics,
    Furniture,
    Clothing,
    Book,
    Food,
}

/// A node of the tree; `parent` is the position of a node before it.
pub(super) struct Node {
    name: &'static str,
    slug: &'static str,
    parent: Option<usize>,
    pub(super) goods: Option<Goods>,
}

const fn branch(name: &'static str, slug: &'static str, parent: Option<usize>) -> Node {
    Node {
        name,
        slug,
        parent,
        goods: None,
    }
}

const fn leaf(
    name: &'static str,
    slug: &'static str,
    parent: usize,
    kind: Kind,
    prices: (u64, u64),
    nouns: [&'static str; 3],
) -> Node {
    Node {
        name,
        slug,
        parent: Some(parent),
        goods: Some(Goods {
            nouns,
            prices,
            kind,
        }),
    }
}

pub(super) const NODES: [Node; 40] = [
    branch("Electronics", "electronics", None),
    branch("Home & Living", "home-living", None),
    branch("Fashion", "fashion", None),
    branch("Books", "books", None),
    branch("Épicerie fine", "epicerie-fine", None),
    branch("Computers", "computers", Some(0)),
    branch("Audio", "audio", Some(0)),
    branch("Furniture", "furniture", Some(1)),
    branch("Kitchen", "kitchen", Some(1)),
    branch("Women", "women", Some(2)),
    branch("Men", "men", Some(2)),
    branch("Fiction", "fiction", Some(3)),
    branch("Non-fiction", "non-fiction", Some(3)),
    branch("Drinks", "drinks", Some(4)),
    branch("Laptops", "laptops", Some(5)),
    branch("Components", "components", Some(5)),
    branch("Living Room", "living-room", Some(7)),
    leaf(
        "Ultrabooks",
        "ultrabooks",
        14,
        Kind::Electronics,
        (69_900, 219_900),
        ["Laptop", "Ultrabook", "Notebook"],
    ),
    leaf(
        "Gaming Laptops",
        "gaming-laptops",
        14,
        Kind::Electronics,
        (99_900, 349_900),
        ["Gaming Laptop", "Laptop", "Workstation"],
    ),
    leaf(
        "Memory",
        "memory",
        15,
        Kind::Electronics,
        (2_900, 39_900),
        ["Memory Module", "Memory Kit", "SSD"],
    ),
    leaf(
        "Keyboards & Mice",
        "keyboards-mice",
        15,
        Kind::Electronics,
        (1_900, 19_900),
        ["Keyboard", "Mouse", "Trackball"],
    ),
    leaf(
        "Monitors",
        "monitors",
        5,
        Kind::Electronics,
        (12_900, 99_900),
        ["Monitor", "Display", "Touchscreen"],
    ),
    leaf(
        "Headphones",
        "headphones",
        6,
        Kind::Electronics,
        (1_900, 44_900),
        ["Headphones", "Earbuds", "Headset"],
    ),
    leaf(
        "Loudspeakers",
        "loudspeakers",
        6,
        Kind::Electronics,
        (4_900, 129_900),
        ["Loudspeaker", "Soundbar", "Subwoofer"],
    ),
    leaf(
        "Sofas",
        "sofas",
        16,
        Kind::Furniture,
        (29_900, 249_900),
        ["Sofa", "Armchair", "Daybed"],
    ),
    leaf(
        "Shelves",
        "shelves",
        16,
        Kind::Furniture,
        (4_900, 79_900),
        ["Shelf", "Bookcase", "Sideboard"],
    ),
    leaf(
        "Desks",
        "desks",
        7,
        Kind::Furniture,
        (9_900, 129_900),
        ["Desk", "Standing Desk", "Bureau"],
    ),
    leaf(
        "Cookware",
        "cookware",
        8,
        Kind::Furniture,
        (1_900, 29_900),
        ["Saucepan", "Frying Pan", "Casserole"],
    ),
    leaf(
        "Crème & Café",
        "creme-cafe",
        8,
        Kind::Electronics,
        (2_900, 149_900),
        ["Espresso Machine", "Coffee Grinder", "Kettle"],
    ),
    leaf(
        "Dresses",
        "dresses",
        9,
        Kind::Clothing,
        (2_900, 24_900),
        ["Dress", "Skirt", "Jumpsuit"],
    ),
    leaf(
        "Women's Shoes",
        "womens-shoes",
        9,
        Kind::Clothing,
        (3_900, 19_900),
        ["Boots", "Sneakers", "Sandals"],
    ),
    leaf(
        "Shirts",
        "shirts",
        10,
        Kind::Clothing,
        (1_900, 12_900),
        ["Shirt", "T-Shirt", "Polo"],
    ),
    leaf(
        "Outdoor",
        "outdoor",
        10,
        Kind::Clothing,
        (4_900, 49_900),
        ["Rain Jacket", "Parka", "Fleece"],
    ),
    leaf(
        "Novels",
        "novels",
        11,
        Kind::Book,
        (900, 2_900),
        ["Novel", "Short Stories", "Trilogy"],
    ),
    leaf(
        "漫画",
        "manga",
        11,
        Kind::Book,
        (700, 1_900),
        ["Manga", "Comic", "Artbook"],
    ),
    leaf(
        "Cookbooks",
        "cookbooks",
        12,
        Kind::Book,
        (1_400, 4_900),
        ["Cookbook", "Baking Book", "Wine Atlas"],
    ),
    leaf(
        "Programming",
        "programming",
        12,
        Kind::Book,
        (2_400, 6_900),
        ["Handbook", "Reference", "Primer"],
    ),
    leaf(
        "Tea",
        "tea",
        13,
        Kind::Food,
        (400, 3_900),
        ["Green Tea", "Black Tea", "Oolong"],
    ),
    leaf(
        "Coffee",
        "coffee",
        13,
        Kind::Food,
        (600, 2_900),
        ["Coffee Beans", "Espresso Beans", "Filter Coffee"],
    ),
    leaf(
        "Chocolate",
        "chocolate",
        4,
        Kind::Food,
        (200, 2_400),
        ["Chocolate Bar", "Truffles", "Pralines"],
    ),
];

const FIRST_LEAF: usize = 17;

/// How many categories a shop of this scale has: forty, and twenty more each time it doubles.
pub(super) fn count(scale: u32) -> u64 {
    NODES.len() as u64 + 20 * u64::from(scale.max(1).ilog2())
}

/// What the category sells: its own goods, or those of the leaf that it refines.
pub(super) fn goods(index: u64) -> Goods {
    NODES[node(index)].goods.unwrap_or(Goods {
        nouns: ["Gift Card", "Gift Box", "Surprise Box"],
        prices: (1_000, 10_000),
        kind: Kind::Food,
    })
}

/// The index of a random category that sells things; once in a while one high up in the tree.
pub(super) fn any(random: &mut Random, scale: u32) -> u64 {
    if random.percent(3) {
        return random.below(FIRST_LEAF as u64);
    }
    let first = FIRST_LEAF as u64;
    first + random.below(count(scale) - first)
}

fn node(index: u64) -> usize {
    let index = usize::try_from(index).unwrap_or_default();
    match index.checked_sub(NODES.len()) {
        None => index,
        Some(extra) => FIRST_LEAF + extra % (NODES.len() - FIRST_LEAF),
    }
}

/// The id of a category.
pub(super) fn id(index: u64) -> Uuid {
    key(index).0
}

fn key(index: u64) -> (Uuid, DateTime<Utc>) {
    let mut random = Random::new(Purpose::Category, index);
    // Parents come before their children, a minute apart; each level was entered in one go.
    let level = i64::try_from(index / 8).unwrap_or_default();
    let created_at = midnight(date(2023, 1, 1)) + TimeDelta::minutes(level);
    (random.id(created_at), created_at)
}

/// A row of the tree.
pub(super) fn category(index: u64) -> category::Model {
    let (id, created_at) = key(index);
    let Node {
        name, slug, parent, ..
    } = NODES[node(index)];
    let extra = index.checked_sub(NODES.len() as u64);
    let position = match extra {
        // Refinements follow the leaf that they refine.
        Some(extra) => 100 + extra,
        None => NODES[..node(index)]
            .iter()
            .filter(|other| other.parent == parent)
            .count() as u64,
    };
    category::Model {
        id,
        parent_id: parent.map(|parent| self::id(parent as u64)),
        name: extra.map_or_else(
            || name.to_owned(),
            |extra| format!("{name} {}", extra / 23 + 2),
        ),
        slug: extra.map_or_else(|| slug.to_owned(), |extra| format!("{slug}-{}", extra + 2)),
        position: i32::try_from(position).unwrap_or_default(),
        version: 1,
        created_at,
        updated_at: as_recorded(created_at, index),
    }
}

#[cfg(test)]
mod tests {
    use super::{NODES, category, count};
    use std::collections::{HashMap, HashSet};

    #[test]
    fn forty_categories_form_four_levels() {
        let rows: HashMap<_, _> = (0..count(1))
            .map(category)
            .map(|row| (row.id, row))
            .collect();
        assert_eq!(rows.len(), NODES.len());
        let depth = |id| {
            let mut depth = 1;
            let mut row = &rows[&id];
            while let Some(parent) = row.parent_id {
                row = &rows[&parent];
                depth += 1;
            }
            depth
        };
        let depths: HashSet<i32> = rows.keys().copied().map(depth).collect();
        assert_eq!(depths, HashSet::from([1, 2, 3, 4]));
    }

    #[test]
    fn slugs_are_unique_at_any_scale() {
        let slugs: HashSet<_> = (0..count(1000)).map(|index| category(index).slug).collect();
        assert_eq!(slugs.len() as u64, count(1000));
    }
}
