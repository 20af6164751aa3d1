internal import Compression
internal import Paths

/// Decompressed bytes of an input, frame after frame.
///
/// All bytes that can be decoded are returned before an error is thrown, so a capture that is cut off yields all its packets.
final class DecompressedInput: ByteOrigin {
  private let upstream: ByteStream
  private let compression: CompressionFormat
  let path: FilePath
  /// Decoder of the current frame; nil between two frames.
  private var decoder: (any Decoder)?
  /// Whether the decoder has more output than there was room for: it is asked before the upstream, which may block.
  private var holdsMore = false
  private var failure: CaptureError?

  init(_ upstream: ByteStream, _ compression: CompressionFormat, path: FilePath) {
    self.upstream = upstream
    self.compression = compression
    self.path = path
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
    while true {
      if let failure { throw failure }
      let hasInput = holdsMore ? true : try upstream.require(1)
      guard let decoder = try frame(hasInput) else { return 0 }
      let step = decoder.decode(UnsafeRawBufferPointer(start: upstream.start, count: upstream.available), into: room)
      upstream.consume(step.consumed)
      switch step.state {
      case .goesOn:
        if step.produced == 0 && step.consumed == 0 && !holdsMore { failure = standstill(hasInput) }
        holdsMore = step.produced == room.count
      case .ended:
        self.decoder = nil
        holdsMore = false
      case .failed(let words): failure = CaptureError(.damaged, path: path, detail: words)
      }
      if step.produced > 0 { return step.produced }
    }
  }

  /// Returns the decoder of the frame that continues or begins here; nil if the last frame is complete and nothing follows.
  ///
  /// Zeros between frames and behind the last one are padding.
  private func frame(_ hasInput: Bool) throws(CaptureError) -> (any Decoder)? {
    if let decoder { return decoder }
    var hasInput = hasInput
    while hasInput && upstream.start.pointee == 0 {
      upstream.consume(1)
      hasInput = try upstream.require(1)
    }
    guard hasInput else { return nil }
    guard let made = compression.makeDecoder() else {
      throw CaptureError(.system, path: path, detail: "no memory to decompress \(compression.rawValue)")
    }
    decoder = made
    return made
  }

  /// Returns the error of a decoder that makes no progress: the input ends inside a frame, or is malformed.
  private func standstill(_ hasInput: Bool) -> CaptureError {
    hasInput
      ? CaptureError(.damaged, path: path, detail: "the \(compression.rawValue) data is corrupt")
      : CaptureError(.truncated, path: path, detail: "its \(compression.rawValue) data is not whole")
  }
}

extension CompressionFormat {
  /// Command that decompresses the input outside of this program.
  var unpacking: String { "\(rawValue) -dc FILE | reasm -r - -o DIR" }
}
