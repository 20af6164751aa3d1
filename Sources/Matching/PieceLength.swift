internal import CMatch

/// Greatest number of bytes that the library can be given at once when it searches for expressions.
///
/// Vectorscan 5.4.9 jumps to the next byte at which a match may begin, and a fault of that jump loses matches and reports wrong starts in
/// pieces that are longer than a vector register: 64 bytes with AVX-512. It does so depending on the address of the bytes, so two runs
/// could differ. Literals are not affected. The library is therefore tried once, with bytes for which its answer is known: byte by byte.
enum PieceLength {
  /// The length with which the library that is loaded finds what there is; `Int.max` if any length will do.
  static let ofExpressions = [Int.max, 64, 32, 16].first(where: findsAll) ?? 1

  /// Expressions that the library searches in both directions: for their first byte, and back for their start.
  private static let expressions = ["t[a-z]", "t[a-z]+"]

  /// Words with zeros between them: most begin a match.
  private static let sample: [UInt8] = {
    var bytes: [UInt8] = []
    var random: UInt64 = 1
    while bytes.count < 4_096 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes += Array(["tab", "tq", "x", "TaX"][Int(random >> 33 & 3)].utf8)
      bytes += [UInt8](repeating: 0, count: [0, 5, 30, 70, 150][Int(random >> 40) % 5])
    }
    return bytes
  }()

  /// Passes bytes to a search in pieces of some length.
  ///
  /// - Returns: whether the library took them all.
  static func scan(
    _ bytes: Span<UInt8>, in length: Int, _ search: OpaquePointer, _ scratch: OpaquePointer, _ onMatch: cmatch_callback,
    _ context: UnsafeMutableRawPointer
  ) -> Bool {
    var position = 0
    while position < bytes.count {
      let end = position + min(length, bytes.count - position)
      // The library reads the borrowed memory and calls back with the context, both only during the call.
      let status = bytes.extracting(position..<end).withUnsafeBytes {
        cmatch_scan(search, $0.baseAddress, UInt32($0.count), scratch, onMatch, context)
      }
      guard status == CMATCH_SUCCESS else { return false }
      position = end
    }
    return true
  }

  private static func findsAll(_ length: Int) -> Bool {
    expressions.allSatisfy { expression in
      guard let trial = Trial(expression) else { return false }
      // The fault depends on the place of the first byte in a register of 64 bytes, and on the length of the pieces.
      let expected = trial.matches(in: sample.span, pieces: 1)
      return (0..<64).allSatisfy { place in
        let moved = [UInt8](repeating: 0, count: place) + sample
        return [80, 200, 1_400, Int.max].allSatisfy { piece in
          trial.matches(in: moved.span.extracting(place...), pieces: min(piece, length)) == expected
        }
      }
    }
  }
}

/// Database of one expression, with what a search needs.
private final class Trial {
  private let database: OpaquePointer
  private let scratch: OpaquePointer
  private var found: [[UInt64]] = []

  init?(_ expression: String) {
    guard let database = try? PatternSet.compile([Pattern(Array(expression.utf8))], [0]) else { return nil }
    var scratch: OpaquePointer?
    guard cmatch_make_scratch(database, &scratch) == CMATCH_SUCCESS, let scratch else {
      cmatch_free_database(database)
      return nil
    }
    self.database = database
    self.scratch = scratch
  }

  deinit {
    cmatch_free_scratch(scratch)
    cmatch_free_database(database)
  }

  /// Returns the start and the end of each match in bytes that are passed in pieces; nil if the library fails.
  func matches(in bytes: Span<UInt8>, pieces: Int) -> [[UInt64]]? {
    var state: OpaquePointer?
    guard cmatch_open_stream(database, &state) == CMATCH_SUCCESS, let state else { return nil }
    defer { cmatch_close_stream(state) }
    found = []
    // The context is this object, which is alive during each call.
    let isScanned = PieceLength.scan(
      bytes, in: pieces, state, scratch,
      { _, from, to, _, context in
        guard let context else { return 0 }
        Unmanaged<Trial>.fromOpaque(context).takeUnretainedValue().found.append([from, to])
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
    guard isScanned else { return nil }
    return found
  }
}
