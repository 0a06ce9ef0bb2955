use crate::program::follow;

#[tokio::test]
async fn an_entity_is_added() {
    follow("docs/adding-an-entity.md", &[]).await;
}
