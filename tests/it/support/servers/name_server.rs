//! A name server of the test's own: texts (TXT) at some names, "no such name" for every other (RFC 1035 §4).

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub struct NameServer {
    pub address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl NameServer {
    /// Serves until it is dropped.
    pub fn start(texts: &[(&str, &str)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let (address, is_over) = (socket.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let mut known: HashMap<String, Vec<String>> = HashMap::new();
        for (name, text) in texts {
            known.entry((*name).to_owned()).or_default().push((*text).to_owned());
        }
        let told = Arc::clone(&is_over);
        std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !told.load(Ordering::SeqCst) {
                if let Ok((length, asker)) = socket.recv_from(&mut buffer) {
                    let _ = socket.send_to(&answer(&buffer[..length], &known), asker);
                }
            }
        });
        Self { address, is_over }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

fn answer(question: &[u8], known: &HashMap<String, Vec<String>>) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    let end = at + 5;
    let texts = known.get(&labels.join(".")).cloned().unwrap_or_default();
    let code = if texts.is_empty() { 0x83 } else { 0x80 };
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, code, 0, 1, 0, u8::try_from(texts.len()).unwrap(), 0, 0, 0, 0]);
    answer.extend(&question[12..end]);
    for text in texts {
        let strings: Vec<u8> = text
            .as_bytes()
            .chunks(255)
            .flat_map(|part| [vec![u8::try_from(part.len()).unwrap()], part.to_vec()].concat())
            .collect();
        answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(strings.len()).unwrap().to_be_bytes());
        answer.extend(strings);
    }
    answer
}
