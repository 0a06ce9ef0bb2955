//! What the log says of requests.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use crate::app::TestApp;

/// Remembers what a part of the program says.
#[derive(Clone)]
pub struct Lines {
    target: &'static str,
    said: Arc<Mutex<Vec<String>>>,
}

impl Lines {
    /// Those of a module, from now on and until the guard is gone, on this
    /// thread.
    pub fn of(target: &'static str) -> (Self, DefaultGuard) {
        let said = Arc::default();
        let lines = Self { target, said };
        let subscriber = Registry::default().with(lines.clone());
        (lines, tracing::subscriber::set_default(subscriber))
    }

    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() != "milliseconds" {
                    write!(self.0, "{}={value:?} ", field.name()).unwrap();
                }
            }
        }
        if event.metadata().target() == self.target {
            let mut line = Line(String::new());
            event.record(&mut line);
            self.said.lock().unwrap().push(line.0);
        }
    }
}

#[tokio::test]
async fn each_request_has_a_line_also_where_its_client_hangs_up() {
    let app = TestApp::sqlite().await;
    let ada = app.actor("ada").await;
    // Who logs for the first time while somebody begins to listen may miss that.
    ada.query("{ __typename }").await.data();
    let (lines, _guard) = Lines::of("purser::http::request_id");
    ada.query("{ __typename }").await.data();
    // Nobody else writes meanwhile, so the operation waits.
    let _writer = app.database().begin().await.unwrap();
    let update =
        "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";
    let hangs = tokio::time::timeout(Duration::from_millis(100), ada.query(update)).await;
    assert!(hangs.is_err());
    assert_eq!(
        lines.said(),
        [
            "message=answered method=POST path=\"/graphql\" status=200 ",
            "message=the client hung up method=POST path=\"/graphql\" ",
        ]
    );
}
