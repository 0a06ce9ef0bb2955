/// `price_cents` → `priceCents`, `OrderItems` → `orderItems`.
pub(super) fn camel(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = !result.is_empty();
        } else if result.is_empty() {
            result.extend(character.to_lowercase());
        } else if upper {
            result.extend(character.to_uppercase());
            upper = false;
        } else {
            result.push(character);
        }
    }
    result
}

/// What one of the rows behind a to-many relation is called in the names of
/// fields, by the names of fields with one and with many rows of their entity.
pub(super) fn one_of<'n>(relation: &'n str, one: &'n str, many: &str) -> &'n str {
    if relation == many { one } else { relation }
}

/// The names of the fields that tell statistics over rows, and groups of them,
/// by what one of them is called.
pub(super) fn of_statistics(one: &str) -> [String; 2] {
    [format!("{one}Aggregate"), format!("{one}Groups")]
}

/// `orderItems` → `OrderItems`, as a part of the name of a type.
pub(crate) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `displayName` → `DISPLAY_NAME`.
pub(super) fn screaming(name: &str) -> String {
    let mut result = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() {
            result.push('_');
        }
        result.extend(letter.to_uppercase());
    }
    result
}

/// `OrderItem` → `order item`, for descriptions.
pub(super) fn words(name: &str) -> String {
    let mut result = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() && !result.is_empty() {
            result.push(' ');
        }
        result.extend(character.to_lowercase());
    }
    result
}

/// `Category` → `Categories`, by the regular rules of English.
pub(super) fn plural(name: &str) -> String {
    let before_y = name.chars().rev().nth(1);
    if name.ends_with('y') && !before_y.is_some_and(|letter| "aeiou".contains(letter)) {
        format!("{}ies", &name[..name.len() - 1])
    } else if ["s", "x", "ch", "sh"].iter().any(|end| name.ends_with(end)) {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_camel_case() {
        assert_eq!(camel("price_cents"), "priceCents");
        assert_eq!(camel("id"), "id");
        assert_eq!(camel("OrderItems"), "orderItems");
    }

    #[test]
    fn plurals_are_regular_english() {
        assert_eq!(plural("Category"), "Categories");
        assert_eq!(plural("Product"), "Products");
        assert_eq!(plural("Day"), "Days");
        assert_eq!(plural("Address"), "Addresses");
    }

    #[test]
    fn fields_are_parts_of_the_names_of_types() {
        assert_eq!(capitalised("orderItems"), "OrderItems");
        assert_eq!(capitalised("übergeordnet"), "übergeordnet");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn keys_are_in_capitals() {
        assert_eq!(screaming("displayName"), "DISPLAY_NAME");
        assert_eq!(screaming("sku"), "SKU");
    }

    #[test]
    fn type_names_read_as_words() {
        assert_eq!(words("OrderItem"), "order item");
    }
}
