//! What `docs/testing.md` shows is what runs here.

#[test]
fn the_page_shows_these_tests() {
    let (page, shown) = (include_str!("../../../docs/testing.md"), include_str!("reception.rs"));
    let blocks: Vec<_> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 3, "{} blocks are too few to be all", blocks.len());
    for block in blocks {
        assert!(shown.contains(block), "not in reception.rs:\n{block}");
    }
}
