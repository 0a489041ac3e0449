"""The warehouse keeper in the work chat: sentences in, cards out, every decision made by the services."""
