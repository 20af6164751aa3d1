internal import Compression
internal import Paths

/// The bytes that a compressed input stands for, frame after frame.
///
/// Everything that can be decoded is given before the error is, so a capture that is cut off gives all its packets.
final class DecompressedInput: ByteOrigin {
  private let upstream: ByteStream
  private let compression: CompressionFormat
  let path: FilePath
  /// Of the present frame; nil between two.
  private var decoder: (any Decoder)?
  /// The decoder had no room for all it had: ask it before the upstream, which may have to wait.
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

  /// The decoder of the frame that goes on or begins here; nil where the last one was complete and nothing follows.
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

  /// Why a decoder does not move: the input ends inside a frame, or is not what it should be.
  private func standstill(_ hasInput: Bool) -> CaptureError {
    hasInput
      ? CaptureError(.damaged, path: path, detail: "the \(compression.rawValue) data is corrupt")
      : CaptureError(.truncated, path: path, detail: "its \(compression.rawValue) data is not whole")
  }
}

extension CompressionFormat {
  /// The command that takes it off outside.
  var unpacking: String { "\(rawValue) -dc FILE | reasm -r - -o DIR" }
}
