"""Domain to protobuf and back: the only room that knows both."""
