"""How right is it? The product's own pipeline over real mail, beside simple rules that were published."""
