use serde_json::{Map, Value, json};

use super::step::{NewProduct, Patch, Step};

/// What is there, as plainly as it can be said.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the names of everything here begin with.
    pub prefix: String,
    next: u32,
    categories: Vec<Category>,
    products: Vec<Product>,
    reviews: Vec<Review>,
}

#[derive(Clone, Debug)]
struct Category {
    id: u32,
    slug: String,
    name: String,
    position: i64,
    parent: Option<u32>,
    version: i64,
}

#[derive(Clone, Debug)]
struct Product {
    id: u32,
    sku: String,
    slug: String,
    stock: i64,
    status: String,
    category: u32,
    version: i64,
}

#[derive(Clone, Debug)]
struct Review {
    product: u32,
    author: String,
    rating: i64,
    version: i64,
}

/// Codes and places of errors.
type Errors = Vec<(&'static str, String)>;

fn error<T>(code: &'static str, path: &str) -> Result<T, Errors> {
    Err(vec![(code, path.to_owned())])
}

impl Model {
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            next: 0,
            categories: Vec::new(),
            products: Vec::new(),
            reviews: Vec::new(),
        }
    }

    /// What an operation is answered, and does.
    pub fn apply(&mut self, actor: &str, steps: &[Step]) -> Value {
        if !steps.iter().all(|step| step.is_for(actor)) {
            return json!({ "refused": "GRAPHQL_VALIDATION_FAILED" });
        }
        let faults: Vec<_> = steps.iter().map(Step::faults).collect();
        if faults.iter().any(|faults| !faults.is_empty()) {
            return refused(steps, &faults);
        }
        let before = self.clone();
        let mut answers = Map::new();
        for (place, step) in steps.iter().enumerate() {
            match self.step(actor, step) {
                Ok(mut payload) => {
                    payload["userErrors"] = json!([]);
                    answers.insert(format!("a{place}"), payload);
                }
                Err(errors) => {
                    *self = before;
                    let mut all = vec![Errors::new(); steps.len()];
                    all[place] = errors;
                    return refused(steps, &all);
                }
            }
        }
        Value::Object(answers)
    }

    fn step(&mut self, actor: &str, step: &Step) -> Result<Value, Errors> {
        match step {
            Step::CreateCategory { .. }
            | Step::UpdateCategory { .. }
            | Step::DeleteCategory { .. } => self.change_category(step),
            Step::CreateProduct(product) => {
                let id = self.make(product)?;
                Ok(json!({ "product": self.told_product(id) }))
            }
            Step::UpsertProduct(product) => self.upsert(product),
            Step::UpdateProduct { .. } => self.update_product(step),
            Step::UpdateProducts {
                status,
                stock,
                at_most,
            } => {
                let places = few(self.with_status(status), *at_most)?;
                let mut told = Vec::new();
                for place in places {
                    let product = &mut self.products[place];
                    product.stock = *stock;
                    product.version += 1;
                    told.push(json!({
                        "sku": product.sku, "stock": stock, "version": product.version,
                    }));
                }
                Ok(json!({ "count": told.len(), "products": told }))
            }
            Step::DeleteProduct { sku } => {
                let Some(place) = self.product(sku) else {
                    return error("NOT_FOUND", "by");
                };
                if self.is_reviewed(place) {
                    return error("CONFLICT", "by");
                }
                self.products.remove(place);
                Ok(json!({ "product": { "sku": sku } }))
            }
            Step::DeleteProducts { status, at_most } => {
                let places = few(self.with_status(status), *at_most)?;
                if places.iter().any(|place| self.is_reviewed(*place)) {
                    return error("CONFLICT", "filter");
                }
                let told: Vec<_> = places
                    .iter()
                    .map(|place| json!({ "sku": self.products[*place].sku }))
                    .collect();
                for place in places.iter().rev() {
                    self.products.remove(*place);
                }
                Ok(json!({ "count": told.len(), "products": told }))
            }
            Step::CreateReview { .. }
            | Step::UpsertReview { .. }
            | Step::UpdateReviews { .. }
            | Step::DeleteReviews { .. } => self.review(actor, step),
        }
    }

    fn change_category(&mut self, step: &Step) -> Result<Value, Errors> {
        match step {
            Step::CreateCategory {
                slug,
                name,
                position,
                parent,
            } => {
                let parent = self.parent(parent, "input.parent")?;
                if self.category(slug).is_some() {
                    return error("CONFLICT", "input.slug");
                }
                let id = self.id();
                self.categories.push(Category {
                    id,
                    slug: slug.clone(),
                    name: name.clone(),
                    position: position.unwrap_or(0),
                    parent,
                    version: 1,
                });
                Ok(json!({ "category": self.told_category(id) }))
            }
            Step::UpdateCategory {
                slug,
                name,
                position,
                parent,
                if_version,
            } => {
                let new = self.parent(parent, "patch.parent")?;
                let Some(place) = self.category(slug) else {
                    return error("NOT_FOUND", "by");
                };
                stale(*if_version, self.categories[place].version)?;
                let id = self.categories[place].id;
                if new.is_some_and(|parent| self.is_below(parent, id)) {
                    return error("VALIDATION_FAILED", "patch.parent");
                }
                let category = &mut self.categories[place];
                let is_named = *name != Patch::LeftOut;
                let is_moved = *parent != Patch::LeftOut;
                if is_named || position.is_some() || is_moved {
                    category.version += 1;
                }
                if let Patch::Text(name) = name {
                    category.name.clone_from(name);
                }
                category.position = position.unwrap_or(category.position);
                if is_moved {
                    category.parent = new;
                }
                Ok(json!({ "category": self.told_category(id) }))
            }
            Step::DeleteCategory { slug } => {
                let Some(place) = self.category(slug) else {
                    return error("NOT_FOUND", "by");
                };
                let id = self.categories[place].id;
                let is_parent = |category: &Category| category.parent == Some(id);
                if self.categories.iter().any(is_parent)
                    || self.products.iter().any(|product| product.category == id)
                {
                    return error("CONFLICT", "by");
                }
                self.categories.remove(place);
                Ok(json!({ "category": { "slug": slug } }))
            }
            _ => unreachable!(),
        }
    }

    fn upsert(&mut self, new: &NewProduct) -> Result<Value, Errors> {
        let Some(place) = self.product(&new.sku) else {
            let id = self.make(new)?;
            return Ok(json!({ "created": true, "product": self.told_product(id) }));
        };
        let category = self.category_of(&new.category, "input.category")?;
        let id = self.products[place].id;
        if self
            .products
            .iter()
            .any(|other| other.id != id && other.slug == new.slug)
        {
            return error("CONFLICT", "input.slug");
        }
        let product = &mut self.products[place];
        product.slug.clone_from(&new.slug);
        product.category = category;
        product.stock = new.stock.unwrap_or(product.stock);
        if let Some(status) = new.status {
            status.clone_into(&mut product.status);
        }
        product.version += 1;
        Ok(json!({ "created": false, "product": self.told_product(id) }))
    }

    fn make(&mut self, new: &NewProduct) -> Result<u32, Errors> {
        let category = self.category_of(&new.category, "input.category")?;
        let mut errors = Errors::new();
        if self.product(&new.sku).is_some() {
            errors.push(("CONFLICT", "input.sku".to_owned()));
        }
        if self.products.iter().any(|other| other.slug == new.slug) {
            errors.push(("CONFLICT", "input.slug".to_owned()));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let id = self.id();
        self.products.push(Product {
            id,
            sku: new.sku.clone(),
            slug: new.slug.clone(),
            stock: new.stock.unwrap_or(0),
            status: new.status.unwrap_or("DRAFT").to_owned(),
            category,
            version: 1,
        });
        Ok(id)
    }

    fn update_product(&mut self, step: &Step) -> Result<Value, Errors> {
        let Step::UpdateProduct {
            sku,
            new_sku,
            slug,
            stock,
            status,
            category,
            if_version,
        } = step
        else {
            unreachable!()
        };
        let category = category
            .as_ref()
            .map(|category| self.category_of(category, "patch.category"))
            .transpose()?;
        let Some(place) = self.product(sku) else {
            return error("NOT_FOUND", "by");
        };
        let id = self.products[place].id;
        stale(*if_version, self.products[place].version)?;
        let others = || self.products.iter().filter(|other| other.id != id);
        let mut errors = Errors::new();
        if others().any(|other| Some(&other.sku) == new_sku.as_ref()) {
            errors.push(("CONFLICT", "patch.sku".to_owned()));
        }
        if others().any(|other| Some(&other.slug) == slug.as_ref()) {
            errors.push(("CONFLICT", "patch.slug".to_owned()));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let given = [
            new_sku.is_some(),
            slug.is_some(),
            stock.is_some(),
            status.is_some(),
            category.is_some(),
        ];
        let product = &mut self.products[place];
        if given.contains(&true) {
            product.version += 1;
        }
        if let Some(sku) = new_sku {
            product.sku.clone_from(sku);
        }
        if let Some(slug) = slug {
            product.slug.clone_from(slug);
        }
        if let Some(status) = status {
            (*status).clone_into(&mut product.status);
        }
        product.stock = stock.unwrap_or(product.stock);
        product.category = category.unwrap_or(product.category);
        Ok(json!({ "product": self.told_product(id) }))
    }

    fn review(&mut self, actor: &str, step: &Step) -> Result<Value, Errors> {
        let visible = |product: &&Product| is_staff(actor) || product.status == "ACTIVE";
        match step {
            Step::CreateReview { sku, rating } | Step::UpsertReview { sku, rating } => {
                let place = self.product(sku);
                let product = place.map(|place| &self.products[place]).filter(visible);
                let Some(product) = product.map(|product| product.id) else {
                    return error("NOT_FOUND", "input.product");
                };
                let mut reviews = self.reviews.iter_mut();
                let known =
                    reviews.find(|review| review.product == product && review.author == actor);
                let upserts = matches!(step, Step::UpsertReview { .. });
                let created = known.is_none();
                let version = match known {
                    Some(known) if upserts => {
                        known.rating = *rating;
                        known.version += 1;
                        known.version
                    }
                    Some(_) => return error("CONFLICT", "input.product"),
                    None => {
                        self.reviews.push(Review {
                            product,
                            author: actor.to_owned(),
                            rating: *rating,
                            version: 1,
                        });
                        1
                    }
                };
                let review =
                    json!({ "rating": rating, "version": version, "product": { "sku": sku } });
                Ok(if upserts {
                    json!({ "created": created, "review": review })
                } else {
                    json!({ "review": review })
                })
            }
            Step::UpdateReviews { sku, at_most, .. } | Step::DeleteReviews { sku, at_most } => {
                let place = self.product(sku);
                let product = place.map(|place| &self.products[place]).filter(visible);
                let product = product.map(|product| product.id);
                let deletes = matches!(step, Step::DeleteReviews { .. });
                let reviews = self.reviews.iter().enumerate().filter(|(_, review)| {
                    Some(review.product) == product
                        && (review.author == actor || deletes && is_staff(actor))
                });
                let places = reviews.map(|(place, _)| place).collect();
                let places = few(places, *at_most)?;
                for place in places.iter().rev() {
                    if let Step::UpdateReviews { rating, .. } = step {
                        self.reviews[*place].rating = *rating;
                        self.reviews[*place].version += 1;
                    } else {
                        self.reviews.remove(*place);
                    }
                }
                Ok(json!({ "count": places.len() }))
            }
            _ => unreachable!(),
        }
    }

    fn id(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn category(&self, slug: &str) -> Option<usize> {
        self.categories
            .iter()
            .position(|category| category.slug == slug)
    }

    fn category_of(&self, slug: &str, path: &str) -> Result<u32, Errors> {
        match self.category(slug) {
            Some(place) => Ok(self.categories[place].id),
            None => error("NOT_FOUND", path),
        }
    }

    /// The parent that is named.
    fn parent(&self, given: &Patch, path: &str) -> Result<Option<u32>, Errors> {
        match given {
            Patch::Text(slug) => self.category_of(slug, path).map(Some),
            Patch::LeftOut | Patch::Null => Ok(None),
        }
    }

    /// Whether a category is another one, or stands somewhere below it.
    fn is_below(&self, mut id: u32, above: u32) -> bool {
        loop {
            if id == above {
                return true;
            }
            let mut categories = self.categories.iter();
            let category = categories.find(|category| category.id == id);
            match category.and_then(|category| category.parent) {
                Some(parent) => id = parent,
                None => return false,
            }
        }
    }

    fn product(&self, sku: &str) -> Option<usize> {
        self.products.iter().position(|product| product.sku == sku)
    }

    fn with_status(&self, status: &str) -> Vec<usize> {
        let products = self.products.iter().enumerate();
        products
            .filter(|(_, product)| product.status == status)
            .map(|(place, _)| place)
            .collect()
    }

    fn is_reviewed(&self, place: usize) -> bool {
        let id = self.products[place].id;
        self.reviews.iter().any(|review| review.product == id)
    }

    fn slug_of(&self, id: Option<u32>) -> Value {
        let category = self
            .categories
            .iter()
            .find(|category| Some(category.id) == id);
        category.map_or(Value::Null, |category| json!({ "slug": category.slug }))
    }

    fn told_category(&self, id: u32) -> Value {
        let category = self.categories.iter().find(|category| category.id == id);
        let category = category.unwrap();
        json!({
            "slug": category.slug, "name": category.name, "position": category.position,
            "version": category.version, "parent": self.slug_of(category.parent),
        })
    }

    fn told_product(&self, id: u32) -> Value {
        let product = self
            .products
            .iter()
            .find(|product| product.id == id)
            .unwrap();
        json!({
            "sku": product.sku, "slug": product.slug, "stock": product.stock,
            "status": product.status, "version": product.version,
            "category": self.slug_of(Some(product.category)),
        })
    }

    /// What reads all that the model knows.
    pub fn reading(&self) -> String {
        let (lower, upper) = (&self.prefix, self.prefix.to_uppercase());
        format!(
            "{{ categories(first: 50, filter: {{slug: {{startsWith: \"{lower}-\"}}}}, \
             orderBy: [{{slug: ASC}}]) {{ nodes {{ slug name position version parent {{ slug }} }} }} \
             products(first: 50, filter: {{sku: {{startsWith: \"{upper}-\"}}}}, \
             orderBy: [{{sku: ASC}}]) {{ nodes {{ sku slug stock status version category {{ slug }} }} }} \
             reviews(first: 50, filter: {{product: {{sku: {{startsWith: \"{upper}-\"}}}}}}, \
             orderBy: [{{product: {{sku: ASC}}}}, {{rating: ASC}}, {{version: ASC}}]) {{ \
             nodes {{ rating version product {{ sku }} }} }} }}"
        )
    }

    /// What that reads.
    pub fn state(&self) -> Value {
        let mut categories: Vec<_> = self.categories.iter().collect();
        categories.sort_by(|a, b| a.slug.cmp(&b.slug));
        let mut products: Vec<_> = self.products.iter().collect();
        products.sort_by(|a, b| a.sku.cmp(&b.sku));
        let mut reviews: Vec<_> = self
            .reviews
            .iter()
            .map(|review| {
                let mut products = self.products.iter();
                let product = products.find(|product| product.id == review.product);
                (product.unwrap().sku.clone(), review.rating, review.version)
            })
            .collect();
        reviews.sort();
        let categories = categories.iter().map(|one| self.told_category(one.id));
        let products = products.iter().map(|one| self.told_product(one.id));
        let reviews = reviews.iter().map(|(sku, rating, version)| {
            json!({ "rating": rating, "version": version, "product": { "sku": sku } })
        });
        json!({
            "categories": { "nodes": categories.collect::<Vec<_>>() },
            "products": { "nodes": products.collect::<Vec<_>>() },
            "reviews": { "nodes": reviews.collect::<Vec<_>>() },
        })
    }
}

impl Step {
    /// Whether a mutation exists for somebody.
    fn is_for(&self, actor: &str) -> bool {
        match self {
            Self::CreateCategory { .. }
            | Self::UpdateCategory { .. }
            | Self::CreateProduct(_)
            | Self::UpsertProduct(_)
            | Self::UpdateProduct { .. }
            | Self::UpdateProducts { .. } => is_staff(actor),
            Self::DeleteCategory { .. }
            | Self::DeleteProduct { .. }
            | Self::DeleteProducts { .. } => actor == "admin",
            Self::CreateReview { .. }
            | Self::UpsertReview { .. }
            | Self::UpdateReviews { .. }
            | Self::DeleteReviews { .. } => actor != "anonymous",
        }
    }

    /// What is wrong with it, whatever is there.
    fn faults(&self) -> Errors {
        let mut errors = Errors::new();
        let mut check = |is_right: bool, path: &str| {
            if !is_right {
                errors.push(("VALIDATION_FAILED", path.to_owned()));
            }
        };
        let natural = |number: &Option<i64>| number.is_none_or(|number| number >= 0);
        match self {
            Self::CreateCategory { name, position, .. } => {
                check(!name.is_empty(), "input.name");
                check(natural(position), "input.position");
            }
            Self::UpdateCategory { name, position, .. } => {
                let is_wrong = match name {
                    Patch::LeftOut => false,
                    Patch::Null => true,
                    Patch::Text(name) => name.is_empty(),
                };
                check(!is_wrong, "patch.name");
                check(natural(position), "patch.position");
            }
            Self::CreateProduct(product) | Self::UpsertProduct(product) => {
                check(natural(&product.stock), "input.stock");
            }
            Self::UpdateProduct { stock, .. } => check(natural(stock), "patch.stock"),
            Self::UpdateProducts { stock, at_most, .. } => {
                check(*stock >= 0, "patch.stock");
                check(*at_most > 0, "atMost");
            }
            Self::DeleteProducts { at_most, .. } | Self::DeleteReviews { at_most, .. } => {
                check(*at_most > 0, "atMost");
            }
            Self::CreateReview { rating, .. } | Self::UpsertReview { rating, .. } => {
                check((1..=5).contains(rating), "input.rating");
            }
            Self::UpdateReviews {
                rating, at_most, ..
            } => {
                check((1..=5).contains(rating), "patch.rating");
                check(*at_most > 0, "atMost");
            }
            Self::DeleteCategory { .. } | Self::DeleteProduct { .. } => {}
        }
        errors
    }

    /// What its payload has beside errors.
    fn members(&self) -> &'static [&'static str] {
        match self {
            Self::CreateCategory { .. }
            | Self::UpdateCategory { .. }
            | Self::DeleteCategory { .. } => &["category"],
            Self::CreateProduct(_) | Self::UpdateProduct { .. } | Self::DeleteProduct { .. } => {
                &["product"]
            }
            Self::UpsertProduct(_) => &["created", "product"],
            Self::UpdateProducts { .. } | Self::DeleteProducts { .. } => &["count", "products"],
            Self::CreateReview { .. } => &["review"],
            Self::UpsertReview { .. } => &["created", "review"],
            Self::UpdateReviews { .. } | Self::DeleteReviews { .. } => &["count"],
        }
    }
}

/// What is answered where something is wrong: nothing is kept.
fn refused(steps: &[Step], errors: &[Errors]) -> Value {
    let mut answers = Map::new();
    for (place, (step, errors)) in steps.iter().zip(errors).enumerate() {
        let mut payload = Map::new();
        for member in step.members() {
            payload.insert((*member).to_owned(), Value::Null);
        }
        let told: Vec<_> = if errors.is_empty() {
            vec![json!({ "code": "ROLLED_BACK", "path": [] })]
        } else {
            let errors = errors.iter();
            errors
                .map(|(code, path)| {
                    let path: Vec<_> = path.split('.').collect();
                    json!({ "code": code, "path": path })
                })
                .collect()
        };
        payload.insert("userErrors".to_owned(), told.into());
        answers.insert(format!("a{place}"), payload.into());
    }
    Value::Object(answers)
}

fn is_staff(actor: &str) -> bool {
    matches!(actor, "staff" | "admin")
}

fn stale(known: Option<i64>, version: i64) -> Result<(), Errors> {
    match known {
        Some(known) if known != version => error("STALE_VERSION", "ifVersion"),
        _ => Ok(()),
    }
}

fn few(places: Vec<usize>, at_most: i64) -> Result<Vec<usize>, Errors> {
    if i64::try_from(places.len()).unwrap() > at_most {
        return error("TOO_MANY_ROWS", "atMost");
    }
    Ok(places)
}
