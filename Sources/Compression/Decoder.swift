/// A streaming decompressor: one call of it turns some input into some output.
///
/// Decoders keep a bounded state, whatever the input says. They end with the frame (member, stream) that they were made for; the next one gets
/// a new decoder.
public protocol Decoder: AnyObject {
  /// Decodes as much as both sides allow; with empty input it gives what it still holds.
  ///
  /// - Parameters:
  ///   - input: bytes to decode, valid only during the call.
  ///   - output: room for decoded bytes, not empty; it is filled from its start.
  /// - Returns: the bytes taken and given, and how the frame fares.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep
}

extension Decoder {
  /// Decodes as much as both sides allow; with empty input it gives what it still holds.
  ///
  /// - Parameters:
  ///   - input: bytes to decode.
  ///   - output: room for decoded bytes, not empty; it is filled from its start.
  /// - Returns: the bytes taken and given, and how the frame fares.
  public func decode(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> DecodingStep {
    // Both pointers are used only inside the closures, during which the spans are borrowed.
    input.withUnsafeBytes { input in output.withUnsafeMutableBytes { output in decode(input, into: output) } }
  }
}

/// Result of one call of a decoder.
public struct DecodingStep {
  /// How the frame fares.
  public enum State: Equatable {
    /// The frame goes on.
    case goesOn
    /// The frame is complete, its checksum right.
    case ended
    /// The input is wrong; the words are the decoder's.
    case failed(String)
  }

  /// Number of bytes of the input that were taken.
  public var consumed: Int
  /// Number of bytes of the output that were written.
  public var produced: Int
  /// How the frame fares.
  public var state: State
}
