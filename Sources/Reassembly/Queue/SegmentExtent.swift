/// Extent of a whole segment as it came, which the overlap policies compare.
struct SegmentExtent {
  /// Sequence number of the first byte.
  var start: UInt32
  /// Length in bytes, including bytes that were not captured.
  var length: UInt32
  /// Whether the snap length cut its end off.
  var isCut = false

  var end: UInt32 { start &+ length }
}
