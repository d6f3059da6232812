//! How far a run is: a bar on a terminal, plain lines where nobody watches one. On standard error.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::print;
use crate::work::reconcile::by_hand::Progress;

/// Shows progress until it is dropped.
pub(super) struct Bar {
    drawn: ProgressBar,
    is_watched: bool,
    /// How many payments a plain line has told of.
    told: AtomicUsize,
}

/// Plain lines come this rarely.
const EVERY: usize = 100;

impl Bar {
    pub(super) fn new() -> Self {
        let is_watched = std::io::stderr().is_terminal();
        Self {
            drawn: if is_watched {
                ProgressBar::new_spinner()
            } else {
                ProgressBar::hidden()
            },
            is_watched,
            told: AtomicUsize::new(0),
        }
    }

    pub(super) fn show(&self, progress: Progress) {
        match progress {
            Progress::Listed { events, new } => {
                let text = format!("{events} events listed, {new} new");
                self.say(text);
            }
            Progress::Working => self.say("working through the new events".to_owned()),
            Progress::Looked { done, of } if self.is_watched => self.draw(done, of),
            Progress::Looked { done, of } => {
                if of > 0 && (done == of || done >= self.told.load(Ordering::Relaxed) + EVERY) {
                    self.told.store(done, Ordering::Relaxed);
                    print::note(&format!("{done} of {of} open payments looked at"));
                }
            }
        }
    }

    pub(super) fn finish(&self) {
        self.drawn.finish_and_clear();
    }

    fn say(&self, text: String) {
        if self.is_watched {
            self.drawn.set_message(text);
            self.drawn.tick();
        } else {
            print::note(&text);
        }
    }

    fn draw(&self, done: usize, of: usize) {
        if self.drawn.length() != Some(of as u64) {
            let template = "{msg} [{bar:30}] {pos}/{len} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.drawn.set_style(style.progress_chars("=> "));
            }
            self.drawn.set_message("looking at open payments");
            self.drawn.set_length(of as u64);
        }
        self.drawn.set_position(done as u64);
    }
}
