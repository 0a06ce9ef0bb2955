//! What operations cost.

use serde_json::json;

use super::{code, number, rows};
use crate::app::TestApp;

#[tokio::test]
async fn prices_are_what_the_manual_says() {
    let app = TestApp::shared().await;
    let staff = app.staff().await;
    let rows: Vec<_> = rows("Cost")
        .into_iter()
        .filter(|row| row.cells.len() == 4)
        .collect();
    let priced = rows
        .iter()
        .filter_map(|row| Some((code(&row.cells[2])?, number(&row.cells[3])?)));
    let priced: Vec<_> = priced
        .filter(|(example, _)| example.contains('{'))
        .collect();
    assert!(priced.len() >= 20, "{}", priced.len());
    for (example, price) in priced {
        let writes = example.starts_with("mutation");
        let query = if writes {
            example.to_owned()
        } else {
            format!("{{ {example} }}")
        };
        let body = json!({ "query": query, "extensions": { "cost": true, "preview": writes } });
        let answer = staff.post(body.to_string()).await.json();
        assert_eq!(
            answer["extensions"]["cost"]["cost"], price,
            "{example}: {answer}"
        );
    }
}
