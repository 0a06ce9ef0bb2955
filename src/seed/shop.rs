//! The whole shop as rows: pure, the same everywhere, one stream per table.

use super::calendar::{Calendar, arrivals, sales};
use super::orders::{self, Assortment};
use super::{history, people, products, reviews, tree};
use entity::{audit_entry, category, order, order_item, product, review, session, user};

/// A demo shop of some size.
pub struct Shop {
    scale: u32,
    arrivals: Calendar,
    sales: Calendar,
    euros: Assortment,
    dollars: Assortment,
}

impl Shop {
    /// A shop with `scale` times 200 users, 1,000 products, 5,000 reviews and 2,000 orders.
    #[must_use]
    pub fn new(scale: u32) -> Self {
        Self {
            scale: scale.max(1),
            arrivals: arrivals(),
            sales: sales(),
            euros: Assortment::new(false),
            dollars: Assortment::new(true),
        }
    }

    /// How many users there are.
    #[must_use]
    pub fn users(&self) -> u64 {
        u64::from(self.scale) * 200
    }

    /// How many categories there are.
    #[must_use]
    pub fn categories(&self) -> u64 {
        tree::count(self.scale)
    }

    /// How many products there are.
    #[must_use]
    pub fn products(&self) -> u64 {
        products::count(self.scale)
    }

    /// How many reviews there are.
    #[must_use]
    pub fn reviews(&self) -> u64 {
        self.products() * 5
    }

    /// How many orders there are.
    #[must_use]
    pub fn orders(&self) -> u64 {
        self.products() * 2
    }

    /// How many order items there are.
    #[must_use]
    pub fn order_items(&self) -> u64 {
        self.orders() * 3
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        history::SESSIONS
    }

    /// How many audit entries there are.
    #[must_use]
    pub fn audit_entries(&self) -> u64 {
        history::AUDIT_ENTRIES
    }

    /// The rows of `users`, in the order in which they signed up.
    pub fn user_rows(&self) -> impl Iterator<Item = user::Model> + Send {
        (0..self.users()).map(|index| people::user(&self.arrivals, index, self.users()))
    }

    /// The rows of `categories`, parents before children.
    pub fn category_rows(&self) -> impl Iterator<Item = category::Model> + Send {
        (0..self.categories()).map(tree::category)
    }

    /// The rows of `products`, in the order in which they were added.
    pub fn product_rows(&self) -> impl Iterator<Item = product::Model> + Send {
        (0..self.products()).map(|index| products::product(&self.arrivals, index, self.scale))
    }

    /// The rows of `reviews`, by product.
    pub fn review_rows(&self) -> impl Iterator<Item = review::Model> + Send {
        (0..self.reviews()).map(|index| reviews::review(self, index))
    }

    /// The rows of `orders`, in the order in which they were placed.
    pub fn order_rows(&self) -> impl Iterator<Item = order::Model> + Send {
        (0..self.orders()).map(|index| orders::order(self, index))
    }

    /// The rows of `order_items`, by order.
    pub fn order_item_rows(&self) -> impl Iterator<Item = order_item::Model> + Send {
        (0..self.orders()).flat_map(|index| orders::items(self, index))
    }

    /// The rows of `sessions`, by user.
    pub fn session_rows(&self) -> impl Iterator<Item = session::Model> + Send {
        (0..self.sessions()).map(|index| history::session(self, index))
    }

    /// The rows of `audit_entries`, by product.
    pub fn audit_entry_rows(&self) -> impl Iterator<Item = audit_entry::Model> + Send {
        (0..self.audit_entries()).map(|index| history::audit_entry(self, index))
    }

    pub(super) fn scale(&self) -> u32 {
        self.scale
    }

    pub(super) fn arrivals(&self) -> &Calendar {
        &self.arrivals
    }

    pub(super) fn sales(&self) -> &Calendar {
        &self.sales
    }

    pub(super) fn assortment(&self, in_dollars: bool) -> &Assortment {
        if in_dollars {
            &self.dollars
        } else {
            &self.euros
        }
    }
}
