//! A keep-alive connection for loads: requests are written as bytes that were made ready before, and of an answer only the
//! status is kept. On shared cores, what the client costs the server loses.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that a load expects, head and body.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 32;

/// One connection; requests follow each other on it.
pub(crate) struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(MAX_ANSWER_BYTES),
        })
    }

    /// Sends a whole request and reads the whole answer; its status.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.answer.len() >= MAX_ANSWER_BYTES {
                return Err(io::Error::other("the answer is too long"));
            }
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(status) = whole(&self.answer)? {
                return Ok(status);
            }
        }
    }
}

/// The status of an answer with a `Content-Length`, once all of it is there.
fn whole(answer: &[u8]) -> io::Result<Option<u16>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = head.parse(answer).map_err(io::Error::other)?
    else {
        return Ok(None);
    };
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| {
            std::str::from_utf8(header.value)
                .ok()?
                .parse::<usize>()
                .ok()
        })
        .ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
    Ok((answer.len() >= head_bytes + length)
        .then_some(head.code)
        .flatten())
}
