use axum::body::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How many bytes a frame has at most.
const FRAME: usize = 16 * 1024;

/// A text in frames that are short: the socket keeps as much memory for writing
/// as the longest has taken.
pub(super) fn in_frames(text: Utf8Bytes) -> impl Iterator<Item = Message> {
    let text = Bytes::from(text);
    let ends = (FRAME..text.len()).step_by(FRAME).chain([text.len()]);
    let frames = ends.scan(0, move |begin, end| {
        let part = text.slice(*begin..end);
        let kind = if *begin == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        *begin = end;
        let is_last = end == text.len();
        Some(Frame::message(part, OpCode::Data(kind), is_last))
    });
    frames.map(Message::Frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_in_short_frames() {
        for length in [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 5 * FRAME + 7] {
            let text = "é".repeat(length) + "a";
            let mut whole = Vec::new();
            let frames: Vec<_> = in_frames(text.clone().into()).collect();
            for (place, frame) in frames.iter().enumerate() {
                let Message::Frame(frame) = frame else {
                    panic!("{frame:?}");
                };
                let kind = if place == 0 {
                    Data::Text
                } else {
                    Data::Continue
                };
                assert_eq!(frame.header().opcode, OpCode::Data(kind));
                assert_eq!(frame.header().is_final, place + 1 == frames.len());
                assert!(frame.payload().len() <= FRAME);
                whole.extend_from_slice(frame.payload());
            }
            assert_eq!(whole, text.as_bytes());
        }
        assert_eq!(in_frames(Utf8Bytes::default()).count(), 1);
    }
}
