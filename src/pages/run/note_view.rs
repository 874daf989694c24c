//! Draws a run's note out of the tree that the registrar read it into: elements and text, no markup of the note's own.

use crate::registrar::note::{Block, Inline, is_safe};
use leptos::prelude::*;

/// The note, once it has been read.
#[component]
pub(super) fn NoteView(
    /// Its text.
    text: String,
    /// The note read last: its text and what is in it.
    read: Signal<Option<(String, Vec<Block>)>>,
) -> impl IntoView {
    move || {
        read.with(|read| match read {
            Some((of, read)) if *of == text => {
                view! { <div class="note-view">{blocks(read)}</div> }.into_any()
            }
            _ => view! { <p class="load-status" role="status">"Reading the note"</p> }.into_any(),
        })
    }
}

fn blocks(blocks: &[Block]) -> Vec<AnyView> {
    blocks.iter().map(block).collect()
}

fn block(block: &Block) -> AnyView {
    match block {
        // The page and the panel have headings of their own above these.
        Block::Heading(1, content) => view! { <h3>{inlines(content)}</h3> }.into_any(),
        Block::Heading(2, content) => view! { <h4>{inlines(content)}</h4> }.into_any(),
        Block::Heading(3, content) => view! { <h5>{inlines(content)}</h5> }.into_any(),
        Block::Heading(_, content) => view! { <h6>{inlines(content)}</h6> }.into_any(),
        Block::Paragraph(content) => view! { <p>{inlines(content)}</p> }.into_any(),
        Block::List(first, items) => {
            let items = items.iter().map(|item| view! { <li>{blocks(item)}</li> }).collect_view();
            match first {
                Some(first) => view! { <ol start=first.to_string()>{items}</ol> }.into_any(),
                None => view! { <ul>{items}</ul> }.into_any(),
            }
        }
        Block::Quote(content) => view! { <blockquote>{blocks(content)}</blockquote> }.into_any(),
        // Long lines scroll; the Tab key must reach them.
        Block::Code(text) => view! { <pre tabindex="0"><code>{text.clone()}</code></pre> }.into_any(),
        Block::Rule => view! { <hr /> }.into_any(),
    }
}

fn inlines(content: &[Inline]) -> Vec<AnyView> {
    content.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> AnyView {
    match inline {
        Inline::Text(text) => text.clone().into_any(),
        Inline::Code(text) => view! { <code>{text.clone()}</code> }.into_any(),
        Inline::Emphasis(content) => view! { <em>{inlines(content)}</em> }.into_any(),
        Inline::Strong(content) => view! { <strong>{inlines(content)}</strong> }.into_any(),
        // Looked at where it was read and again where it becomes an address to go to.
        Inline::Link(address, content) if is_safe(address) => view! {
            <a href=address.clone() title=address.clone() target="_blank" rel="noopener noreferrer">{inlines(content)}</a>
        }
        .into_any(),
        Inline::Link(_, content) => inlines(content).into_any(),
        Inline::Break => view! { <br /> }.into_any(),
    }
}
