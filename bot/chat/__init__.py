"""Chat channels: one neutral seam, and the products behind it."""
