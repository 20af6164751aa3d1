/// Streaming decompressor.
///
/// Decoders keep a bounded state, whatever the input contains. A decoder ends with the frame (member, stream) that it was created for; the
/// next frame needs a new decoder.
public protocol Decoder: AnyObject {
  /// Number of bytes that the decoder takes now.
  var memory: Int { get }

  /// Decodes as much as both buffers allow.
  ///
  /// A call with empty input writes output that the decoder still holds.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode, valid only during the call.
  ///   - output: the memory for decoded bytes, not empty; it is filled from its start.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the frame.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep
}

extension Decoder {
  /// Number of bytes that the decoder takes now: a window of 32 KiB and tables, unless a decoder knows better.
  public var memory: Int { 48 << 10 }

  /// Decodes as much as both buffers allow.
  ///
  /// A call with empty input writes output that the decoder still holds.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes, not empty; it is filled from its start.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the frame.
  public func decode(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> DecodingStep {
    // Sound: both pointers are used only inside the closures, during which the spans are borrowed.
    input.withUnsafeBytes { input in output.withUnsafeMutableBytes { output in decode(input, into: output) } }
  }
}

/// Result of one call of a decoder.
public struct DecodingStep {
  /// State of a frame after a call of its decoder.
  public enum State: Equatable {
    /// The frame continues.
    case goesOn
    /// The frame is complete, and its checksum is right.
    case ended
    /// The input is malformed; the text is that of the library.
    case failed(String)
  }

  /// Number of input bytes that were consumed.
  public var consumed: Int
  /// Number of output bytes that were written.
  public var produced: Int
  /// State of the frame.
  public var state: State
}
