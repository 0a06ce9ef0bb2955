use super::model::Model;
use crate::generated::random::Random;

/// One mutation.
#[derive(Clone, Debug)]
pub enum Step {
    CreateCategory {
        slug: String,
        name: String,
        position: Option<i64>,
        parent: Patch,
    },
    UpdateCategory {
        slug: String,
        name: Patch,
        position: Option<i64>,
        parent: Patch,
        if_version: Option<i64>,
    },
    DeleteCategory {
        slug: String,
    },
    CreateProduct(NewProduct),
    UpsertProduct(NewProduct),
    UpdateProduct {
        sku: String,
        new_sku: Option<String>,
        slug: Option<String>,
        stock: Option<i64>,
        status: Option<&'static str>,
        category: Option<String>,
        if_version: Option<i64>,
    },
    UpdateProducts {
        status: &'static str,
        stock: i64,
        at_most: i64,
    },
    DeleteProduct {
        sku: String,
    },
    DeleteProducts {
        status: &'static str,
        at_most: i64,
    },
    CreateReview {
        sku: String,
        rating: i64,
    },
    UpsertReview {
        sku: String,
        rating: i64,
    },
    UpdateReviews {
        sku: String,
        rating: i64,
        at_most: i64,
    },
    DeleteReviews {
        sku: String,
        at_most: i64,
    },
}

/// What is said of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Nothing.
    LeftOut,
    /// That it is nothing.
    Null,
    /// What it is.
    Text(String),
}

impl Patch {
    fn any(random: &mut Random, percent: usize, text: impl Fn(&mut Random) -> String) -> Self {
        if !random.percent(percent) {
            Self::LeftOut
        } else if random.percent(20) {
            Self::Null
        } else {
            Self::Text(text(random))
        }
    }
}

/// A product that is to be made.
#[derive(Clone, Debug)]
pub struct NewProduct {
    pub sku: String,
    pub slug: String,
    pub category: String,
    pub stock: Option<i64>,
    pub status: Option<&'static str>,
}

/// Of what a product is.
pub const STATUSES: [&str; 3] = ["DRAFT", "ACTIVE", "ARCHIVED"];

impl Step {
    /// One to three mutations of one operation, mostly one.
    pub fn several(random: &mut Random, model: &Model) -> Vec<Self> {
        let count = if random.percent(70) {
            1
        } else {
            random.between(2, 3)
        };
        (0..count).map(|_| Self::any(random, model)).collect()
    }

    /// What a sequence begins with: two categories, and a product of each
    /// status.
    pub fn first(model: &Model) -> Vec<Self> {
        let prefix = &model.prefix;
        let categories = (0..2).map(|number| Self::CreateCategory {
            slug: format!("{prefix}-c{number}"),
            name: "First".to_owned(),
            position: None,
            parent: Patch::LeftOut,
        });
        let products = STATUSES.iter().enumerate().map(|(number, status)| {
            Self::CreateProduct(NewProduct {
                sku: format!("{}-P{number}", prefix.to_uppercase()),
                slug: format!("{prefix}-s{number}"),
                category: format!("{prefix}-c{}", number % 2),
                stock: Some(3),
                status: Some(status),
            })
        });
        categories.chain(products).collect()
    }

    fn any(random: &mut Random, model: &Model) -> Self {
        let prefix = &model.prefix;
        let category = |random: &mut Random| format!("{prefix}-c{}", random.below(5));
        let sku = |random: &mut Random| format!("{}-P{}", prefix.to_uppercase(), random.below(5));
        let slug = |random: &mut Random| format!("{prefix}-s{}", random.below(6));
        let maybe = |random: &mut Random, most: i64| {
            random.percent(60).then(|| {
                // Now and then what is not taken.
                let place = random.below(usize::try_from(most).unwrap() + 2);
                i64::try_from(place).unwrap() - 1
            })
        };
        let status = |random: &mut Random| *random.pick(&STATUSES);
        let at_most = |random: &mut Random| *random.pick(&[0, 1, 2, 5, 100]);
        let parent = |random: &mut Random| Patch::any(random, 50, category);
        let name = |random: &mut Random| {
            let names = ["Name", "Ñame", "", "x"];
            (*random.pick(&names)).to_owned()
        };
        match random.below(16) {
            0..=2 => Self::CreateCategory {
                slug: category(random),
                name: name(random),
                position: maybe(random, 5),
                parent: parent(random),
            },
            3 => Self::UpdateCategory {
                slug: category(random),
                name: Patch::any(random, 30, name),
                position: maybe(random, 5),
                parent: parent(random),
                if_version: random
                    .percent(30)
                    .then(|| i64::try_from(random.between(1, 3)).unwrap()),
            },
            4 => Self::DeleteCategory {
                slug: category(random),
            },
            number @ 5..=8 => {
                let product = NewProduct {
                    sku: sku(random),
                    slug: slug(random),
                    category: category(random),
                    stock: maybe(random, 9),
                    status: random.percent(80).then(|| status(random)),
                };
                if number < 8 {
                    Self::CreateProduct(product)
                } else {
                    Self::UpsertProduct(product)
                }
            }
            9 => Self::UpdateProduct {
                sku: sku(random),
                new_sku: random.percent(20).then(|| sku(random)),
                slug: random.percent(20).then(|| slug(random)),
                stock: maybe(random, 9),
                status: random.percent(40).then(|| status(random)),
                category: random.percent(30).then(|| category(random)),
                if_version: random
                    .percent(30)
                    .then(|| i64::try_from(random.between(1, 3)).unwrap()),
            },
            10 => Self::UpdateProducts {
                status: status(random),
                stock: maybe(random, 9).unwrap_or(4),
                at_most: at_most(random),
            },
            11 if random.percent(50) => Self::DeleteProducts {
                status: status(random),
                at_most: at_most(random),
            },
            11 => Self::DeleteProduct { sku: sku(random) },
            12 | 13 => Self::CreateReview {
                sku: sku(random),
                rating: maybe(random, 6).unwrap_or(3),
            },
            14 => Self::UpsertReview {
                sku: sku(random),
                rating: maybe(random, 6).unwrap_or(3),
            },
            _ if random.percent(60) => Self::UpdateReviews {
                sku: sku(random),
                rating: maybe(random, 6).unwrap_or(3),
                at_most: at_most(random),
            },
            _ => Self::DeleteReviews {
                sku: sku(random),
                at_most: at_most(random),
            },
        }
    }

    /// The operation that does all of these.
    pub fn document(steps: &[Self], model: &Model) -> String {
        let fields: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(place, step)| format!("  a{place}: {}", step.field(model)))
            .collect();
        format!("mutation {{\n{}\n}}", fields.join("\n"))
    }

    fn field(&self, model: &Model) -> String {
        const ERRORS: &str = "userErrors { code path }";
        let prefix = model.prefix.to_uppercase();
        match self {
            Self::CreateCategory {
                slug,
                name,
                position,
                parent,
            } => format!(
                "createCategory(input: {{slug: {slug:?}, name: {name:?}{}{}}}) {{ {CATEGORY} {ERRORS} }}",
                given("position", *position),
                referred("parent", parent),
            ),
            Self::UpdateCategory {
                slug,
                name,
                position,
                parent,
                if_version,
            } => format!(
                "updateCategory(by: {{slug: {slug:?}}}, patch: {{{}{}{}}}{}) {{ {CATEGORY} {ERRORS} }}",
                match name {
                    Patch::LeftOut => String::new(),
                    Patch::Null => "name: null".to_owned(),
                    Patch::Text(name) => format!("name: {name:?}"),
                },
                given("position", *position),
                referred("parent", parent),
                given("ifVersion", *if_version),
            ),
            Self::DeleteCategory { slug } => {
                format!("deleteCategory(by: {{slug: {slug:?}}}) {{ category {{ slug }} {ERRORS} }}")
            }
            Self::CreateProduct(product) => format!(
                "createProduct(input: {{{}}}) {{ {PRODUCT} {ERRORS} }}",
                product.input()
            ),
            Self::UpsertProduct(product) => format!(
                "upsertProduct(on: SKU, input: {{{}}}) {{ created {PRODUCT} {ERRORS} }}",
                product.input()
            ),
            Self::UpdateProduct {
                sku,
                new_sku,
                slug,
                stock,
                status,
                category,
                if_version,
            } => {
                let text = |name: &str, value: Option<&String>| {
                    value.map_or_else(String::new, |value| format!(", {name}: {value:?}"))
                };
                let category = category.clone().map_or(Patch::LeftOut, Patch::Text);
                format!(
                    "updateProduct(by: {{sku: {sku:?}}}, patch: {{{}{}{}{}{}}}{}) {{ {PRODUCT} {ERRORS} }}",
                    text("sku", new_sku.as_ref()),
                    text("slug", slug.as_ref()),
                    given("stock", *stock),
                    status.map_or_else(String::new, |status| format!(", status: {status}")),
                    referred("category", &category),
                    given("ifVersion", *if_version),
                )
            }
            Self::UpdateProducts {
                status,
                stock,
                at_most,
            } => format!(
                "updateProducts(filter: {{sku: {{startsWith: \"{prefix}-\"}}, status: {{eq: {status}}}}}, \
                 patch: {{stock: {stock}}}, atMost: {at_most}) {{ count products {{ sku stock version }} {ERRORS} }}"
            ),
            Self::DeleteProduct { sku } => {
                format!("deleteProduct(by: {{sku: {sku:?}}}) {{ product {{ sku }} {ERRORS} }}")
            }
            Self::DeleteProducts { status, at_most } => format!(
                "deleteProducts(filter: {{sku: {{startsWith: \"{prefix}-\"}}, status: {{eq: {status}}}}}, \
                 atMost: {at_most}) {{ count products {{ sku }} {ERRORS} }}"
            ),
            Self::CreateReview { sku, rating } => format!(
                "createReview(input: {{product: {{sku: {sku:?}}}, rating: {rating}}}) {{ {REVIEW} {ERRORS} }}"
            ),
            Self::UpsertReview { sku, rating } => format!(
                "upsertReview(on: PRODUCT_AUTHOR, input: {{product: {{sku: {sku:?}}}, rating: {rating}}}) \
                 {{ created {REVIEW} {ERRORS} }}"
            ),
            Self::UpdateReviews {
                sku,
                rating,
                at_most,
            } => format!(
                "updateReviews(filter: {{product: {{sku: {{eq: {sku:?}}}}}}}, patch: {{rating: {rating}}}, \
                 atMost: {at_most}) {{ count {ERRORS} }}"
            ),
            Self::DeleteReviews { sku, at_most } => format!(
                "deleteReviews(filter: {{product: {{sku: {{eq: {sku:?}}}}}}}, atMost: {at_most}) \
                 {{ count {ERRORS} }}"
            ),
        }
    }
}

const CATEGORY: &str = "category { slug name position version parent { slug } }";
const PRODUCT: &str = "product { sku slug stock status version category { slug } }";
const REVIEW: &str = "review { rating version product { sku } }";

impl NewProduct {
    fn input(&self) -> String {
        format!(
            "sku: {:?}, slug: {:?}, name: \"A thing\", priceCents: 100, costCents: 50, \
             currency: \"EUR\", category: {{slug: {:?}}}{}{}",
            self.sku,
            self.slug,
            self.category,
            given("stock", self.stock),
            self.status
                .map_or_else(String::new, |status| format!(", status: {status}")),
        )
    }
}

fn given(name: &str, value: Option<i64>) -> String {
    value.map_or_else(String::new, |value| format!(", {name}: {value}"))
}

fn referred(name: &str, value: &Patch) -> String {
    match value {
        Patch::LeftOut => String::new(),
        Patch::Null => format!(", {name}: null"),
        Patch::Text(slug) => format!(", {name}: {{slug: {slug:?}}}"),
    }
}
