import Testing

/// Captures of real programs in network namespaces of their own, one after the other: they want the processors for themselves.
@Suite(.serialized)
enum LiveTests {}
