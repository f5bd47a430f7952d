//! What is behind the proxy.

use serde_json::Value;

use crate::message::Message;
use crate::mutant::{self, Memory, Mutant};

/// What is behind the proxy: the engine, and the fault that this run is under, if it is.
#[derive(Debug)]
pub(super) struct Behind {
    pub(super) engine: String,
    mutant: Option<(Mutant, tokio::sync::Mutex<Memory>)>,
}

impl Behind {
    pub(super) fn new(engine: String) -> Self {
        Self { engine, mutant: Mutant::of_this_run().map(|mutant| (mutant, tokio::sync::Mutex::default())) }
    }

    /// Has a request carried out.
    pub(super) async fn forward(&self, request: &Message) -> Message {
        match &self.mutant {
            None => request.forward(&self.engine).await,
            Some((mutant, memory)) => {
                mutant::forward(*mutant, request, &self.engine, &mut *memory.lock().await).await
            }
        }
    }

    /// What a function sends, as it comes in.
    pub(super) async fn take_in(&self, request: Message) -> Message {
        let Some((mutant, memory)) = &self.mutant else { return request };
        let mut memory = memory.lock().await;
        mutant::meet(*mutant, &request, &self.engine, &mut memory).await;
        mutant::mutate_request(*mutant, request, &mut memory)
    }

    /// What a function is answered, as it goes out; none if the connection is cut.
    pub(super) async fn give_out(
        &self,
        operation: &str,
        asked: &Value,
        answer: Option<Message>,
    ) -> Option<Message> {
        let Some((mutant, memory)) = &self.mutant else { return answer };
        mutant::mutate_answer(*mutant, operation, asked, answer, &*memory.lock().await)
    }
}
