"""The stores: one module per noun, with its model, its mapping to an item and its queries."""
