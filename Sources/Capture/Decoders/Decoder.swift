/// A streaming decompressor: one call of it turns some input into some output.
///
/// Decoders keep a bounded state, whatever the input says. They end with the frame (member, stream) that they were made for; the next
/// one gets a new decoder.
protocol Decoder: AnyObject {
  /// Decodes as much as both sides allow. With empty input it gives what it still holds.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep
}

/// What one call of a decoder did.
struct DecodingStep {
  enum State: Equatable {
    case goesOn
    /// The frame is complete, its checksum right.
    case ended
    /// The decoder's words for what is wrong with the input.
    case failed(String)
  }

  var consumed: Int
  var produced: Int
  var state: State
}
