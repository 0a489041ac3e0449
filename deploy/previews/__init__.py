"""Previews of cards: samples of every kind, drawn as each chat product shows them."""
