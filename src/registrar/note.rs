//! A run's note: Markdown, read into a small tree that holds nothing to be interpreted any further.
//!
//! Anybody who may write to the server writes notes, so markup is text, images are not loaded, and a link is one
//! only if it begins with http, https or mailto.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};
use serde::{Deserialize, Serialize};

/// Containers inside each other; what is deeper loses its form, not its text. Messages and drawing recurse.
const N_DEEP: usize = 12;

/// A part of a note that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A heading; the first is of level 1, and each at most one deeper than the one before.
    Heading(u8, Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list, numbered from a number or not, of items that are notes themselves.
    List(Option<u64>, Vec<Vec<Block>>),
    /// A quotation.
    Quote(Vec<Block>),
    /// Code, line by line as written.
    Code(String),
    /// A line across.
    Rule,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inline {
    /// Text as it is, markup included.
    Text(String),
    /// Code.
    Code(String),
    /// Emphasis.
    Emphasis(Vec<Inline>),
    /// Strong emphasis.
    Strong(Vec<Inline>),
    /// A link: an address that begins with `http://`, `https://` or `mailto:`, and what stands for it.
    Link(String, Vec<Inline>),
    /// A line's end that was meant.
    Break,
}

/// What a node on the way down is.
enum Kind {
    Root,
    Item,
    List(Option<u64>, Vec<Vec<Block>>),
    Quote,
    Paragraph,
    Heading(HeadingLevel),
    Code,
    Emphasis,
    Strong,
    Link(String),
    Image(String),
}

/// A container that is still open.
struct Node {
    kind: Kind,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
}

impl Node {
    fn new(kind: Kind) -> Self {
        Self { kind, blocks: vec![], inlines: vec![] }
    }

    /// Text that stands in a list's item or a quotation as it is becomes a paragraph.
    fn flush(&mut self) {
        if !self.inlines.is_empty() {
            self.blocks.push(Block::Paragraph(std::mem::take(&mut self.inlines)));
        }
    }

    fn into_blocks(mut self) -> Vec<Block> {
        self.flush();
        self.blocks
    }
}

/// Reads a note.
pub fn parse(text: &str) -> Vec<Block> {
    let mut reader = Reader { stack: vec![], root: Node::new(Kind::Root), n_too_deep: 0, last_level: 0 };
    for event in Parser::new_ext(text, Options::empty()) {
        reader.take(event);
    }
    while let Some(node) = reader.stack.pop() {
        reader.close(node);
    }
    reader.root.into_blocks()
}

struct Reader {
    stack: Vec<Node>,
    root: Node,
    n_too_deep: usize,
    last_level: u8,
}

impl Reader {
    fn top(&mut self) -> &mut Node {
        self.stack.last_mut().unwrap_or(&mut self.root)
    }

    fn text(&mut self, text: &str) {
        let top = self.top();
        if let Some(Inline::Text(last)) = top.inlines.last_mut() {
            last.push_str(text);
        } else {
            top.inlines.push(Inline::Text(text.to_owned()));
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(_) => {
                if self.n_too_deep > 0 {
                    self.n_too_deep -= 1;
                    // Where one of the containers that were left out ends, so does its word.
                    self.text(" ");
                } else if let Some(node) = self.stack.pop() {
                    self.close(node);
                }
            }
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::Code(text) => self.top().inlines.push(Inline::Code(text.into_string())),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.top().inlines.push(Inline::Break),
            Event::Rule => {
                let top = self.top();
                top.flush();
                top.blocks.push(Block::Rule);
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        if self.n_too_deep > 0 || self.stack.len() >= N_DEEP {
            self.n_too_deep += 1;
            return;
        }
        let is_in_link = self.stack.iter().any(|node| matches!(node.kind, Kind::Link(_)));
        let kind = match tag {
            Tag::Heading { level, .. } => Kind::Heading(level),
            Tag::BlockQuote(_) => Kind::Quote,
            Tag::CodeBlock(_) => Kind::Code,
            Tag::List(first) => Kind::List(first, vec![]),
            Tag::Item => Kind::Item,
            Tag::Emphasis => Kind::Emphasis,
            Tag::Strong => Kind::Strong,
            Tag::Link { dest_url, .. } => Kind::Link(dest_url.into_string()),
            // A link in a link is none.
            Tag::Image { .. } if is_in_link => Kind::Emphasis,
            Tag::Image { dest_url, .. } => Kind::Image(dest_url.into_string()),
            _ => Kind::Paragraph,
        };
        let is_inline = matches!(kind, Kind::Emphasis | Kind::Strong | Kind::Link(_) | Kind::Image(_));
        if !is_inline {
            self.top().flush();
        }
        self.stack.push(Node::new(kind));
    }

    fn close(&mut self, mut node: Node) {
        let inlines = std::mem::take(&mut node.inlines);
        match node.kind {
            Kind::Root => {}
            Kind::Paragraph => {
                node.inlines = inlines;
                let blocks = node.into_blocks();
                self.top().blocks.extend(blocks);
            }
            Kind::Heading(level) => {
                // Screen readers count levels: none is left out.
                let level = (level as u8).min(self.last_level + 1);
                self.last_level = level;
                self.top().blocks.push(Block::Heading(level, inlines));
            }
            Kind::Code => {
                let text = inlines.into_iter().filter_map(|inline| match inline {
                    Inline::Text(text) => Some(text),
                    _ => None,
                });
                let text = text.collect::<String>();
                self.top().blocks.push(Block::Code(text.trim_end_matches('\n').to_owned()));
            }
            Kind::Quote => {
                node.inlines = inlines;
                let blocks = node.into_blocks();
                self.top().blocks.push(Block::Quote(blocks));
            }
            Kind::Item => {
                node.inlines = inlines;
                let blocks = node.into_blocks();
                if let Kind::List(_, items) = &mut self.top().kind {
                    items.push(blocks);
                }
            }
            Kind::List(first, items) => self.top().blocks.push(Block::List(first, items)),
            Kind::Emphasis => self.top().inlines.push(Inline::Emphasis(inlines)),
            Kind::Strong => self.top().inlines.push(Inline::Strong(inlines)),
            Kind::Link(address) => self.link(address, inlines),
            Kind::Image(address) => {
                let mut content = vec![Inline::Text("Image: ".to_owned())];
                content.extend(inlines);
                self.link(address, content);
            }
        }
    }

    /// A link, or its words and its address as text where the address is of another kind.
    fn link(&mut self, address: String, content: Vec<Inline>) {
        if is_safe(&address) {
            self.top().inlines.push(Inline::Link(address, content));
        } else {
            self.top().inlines.extend(content);
            if !address.is_empty() {
                self.text(&format!(" ({address})"));
            }
        }
    }
}

/// Whether an address leads to a page or a mail, and to nothing that a browser would carry out.
pub fn is_safe(address: &str) -> bool {
    let begins = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && address.len() > scheme.len()
    };
    ["http://", "https://", "mailto:"].into_iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    #[test]
    fn what_people_write_has_its_form() {
        let note = "# Plan\n\nUse *less* **data** and `rmse`.\n\n- one\n- two\n  1. deeper\n\n> said\n\n```\nlet x;\n```\n\n---\n\n### Then\n[site](https://example.org)";
        assert_eq!(
            parse(note),
            [
                Block::Heading(1, vec![text("Plan")]),
                Block::Paragraph(vec![
                    text("Use "),
                    Inline::Emphasis(vec![text("less")]),
                    text(" "),
                    Inline::Strong(vec![text("data")]),
                    text(" and "),
                    Inline::Code("rmse".into()),
                    text(".")
                ]),
                Block::List(
                    None,
                    vec![
                        vec![Block::Paragraph(vec![text("one")])],
                        vec![
                            Block::Paragraph(vec![text("two")]),
                            Block::List(Some(1), vec![vec![Block::Paragraph(vec![text("deeper")])]])
                        ]
                    ]
                ),
                Block::Quote(vec![Block::Paragraph(vec![text("said")])]),
                Block::Code("let x;".into()),
                Block::Rule,
                Block::Heading(2, vec![text("Then")]),
                Block::Paragraph(vec![Inline::Link("https://example.org".into(), vec![text("site")])]),
            ]
        );
    }

    #[test]
    fn markup_is_text_and_images_are_not_loaded() {
        let blocks =
            parse("<script>alert(1)</script>\n\na <b onclick=x>b</b> ![pixel](https://evil.example/p.png)");
        assert_eq!(
            blocks,
            [
                Block::Paragraph(vec![text("<script>alert(1)</script>\n")]),
                Block::Paragraph(vec![
                    text("a <b onclick=x>b</b> "),
                    Inline::Link("https://evil.example/p.png".into(), vec![text("Image: "), text("pixel")])
                ])
            ]
        );
    }

    #[test]
    fn only_addresses_of_pages_and_mails_are_links() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//x",
            "/x",
            "file:///x",
            "&#106;avascript:alert(1)",
            "http:",
            "https:x",
        ] {
            let blocks = parse(&format!("[click]({address})"));
            assert!(!format!("{blocks:?}").contains("Link"), "{address}: {blocks:?}");
        }
        let link = |address: &str| format!("{:?}", parse(&format!("<{address}>"))).contains("Link");
        assert!(link("https://a.example") && link("HTTP://a.example") && link("mailto:a@example.org"));
        let nested = format!("{:?}", parse("[![i](https://a.example/i)](https://b.example)"));
        assert_eq!(nested.matches("Link").count(), 1, "{nested}");
    }

    #[test]
    fn depth_has_an_end_and_no_text_is_lost() {
        let note = format!("{}end **x**", "> ".repeat(2000));
        let blocks = parse(&note);
        let message = serde_json::to_string(&blocks).unwrap();
        assert!(message.contains("end"), "{message}");
        assert_eq!(serde_json::from_str::<Vec<Block>>(&message).unwrap(), blocks);
        let lists = format!("{}end", "- ".repeat(2000));
        assert!(serde_json::to_string(&parse(&lists)).unwrap().contains("end"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_unsendable(note in "[-*_`>#\\[\\]()!<a:/&; \n0-9.\\\\|~]{0,200}") {
            let blocks = parse(&note);
            let message = serde_json::to_string(&blocks).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<Block>>(&message).unwrap(), blocks);
        }
    }
}
