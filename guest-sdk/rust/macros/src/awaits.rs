//! Puts a checkpoint of the state before each await of a method that has the actor for itself.

use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprAsync, ExprAwait, ExprClosure, Item, parse_quote_spanned};

/// Rewrites the awaits of a method's body. Those of closures, `async` blocks and inner items stay: `self`
/// is not theirs, or would become theirs.
pub fn checkpoint_awaits(body: &mut Block) {
    Awaits.visit_block_mut(body);
}

struct Awaits;

impl VisitMut for Awaits {
    fn visit_expr_await_mut(&mut self, awaiting: &mut ExprAwait) {
        visit_mut::visit_expr_await_mut(self, awaiting);
        let span = awaiting.await_token.span();
        let future = &awaiting.base;
        // A tuple keeps the temporaries of the expression alive as long as they were, and runs the
        // checkpoint before the future is made, because the future may borrow `self`.
        let checkpoint = quote_spanned!(span=> ::rivet_guest::__private::checkpoint(&*self));
        let with_checkpoint: Expr = parse_quote_spanned!(span=> (#checkpoint, #future).1);
        *awaiting.base = with_checkpoint;
    }

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}

    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
