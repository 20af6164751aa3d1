/// Where a whole segment lay, as it came: what the overlap policies compare.
struct SegmentExtent {
  /// Sequence number of its first byte.
  var start: UInt32
  /// In bytes, those that were not captured among them.
  var length: UInt32
  /// Its end was not captured.
  var isCut = false

  var end: UInt32 { start &+ length }
}
