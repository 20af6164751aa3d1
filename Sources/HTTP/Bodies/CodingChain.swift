internal import Compression

/// Codings of a body on the way to being undone, the last one first.
final class CodingChain {
  /// One coding: the decoder of the frame (member, stream) at hand, and what came of those before.
  private struct Link {
    let coding: Coding
    var decoder: (any Decoder)?
    /// Bytes that the decoder is not made for yet: the first byte of deflate does not tell its wrapper.
    var start: [UInt8] = []
    var framesEnded = 0
    /// Bytes that the frame at hand took and gave.
    var taken: Int64 = 0
    var given: Int64 = 0
    /// The coded data ended; what comes is no part of it.
    var isOver = false
    /// What was taken before anything was given: the bytes, should they not be coded.
    var seen: [UInt8] = []
    /// The bytes do not bear the coding: they go on as they are.
    var isSkipped = false

    /// Whether the coded data may end here.
    var isBetweenFrames: Bool { decoder == nil && start.isEmpty && framesEnded > 0 }
  }

  /// A coding that can be undone.
  enum Coding {
    case gzip, deflate, brotli, zstd

    /// - Parameter name: as declared, in lower case.
    init?(_ name: [UInt8]) {
      if name.equalsIgnoringCase("gzip") || name.equalsIgnoringCase("x-gzip") {
        self = .gzip
      } else if name.equalsIgnoringCase("deflate") || name.equalsIgnoringCase("x-deflate") {
        self = .deflate
      } else if name.equalsIgnoringCase("br") {
        self = .brotli
      } else if name.equalsIgnoringCase("zstd") {
        self = .zstd
      } else {
        return nil
      }
    }
  }

  /// Bytes decoded at once.
  private static let room = 32 << 10

  private var links: [Link]
  private let context: HTTPContext
  /// The bytes are not what a coding says.
  private(set) var hasFailed = false
  /// Bytes behind the end of the coded data, as they were sent.
  private(set) var trailing: Int64 = 0
  /// The taker wants no more.
  private var isStopped = false

  /// Makes the chain; nil where too many decoders are at work.
  ///
  /// - Parameters:
  ///   - codings: in the order in which they were applied.
  ///   - context: counts the decoders.
  init?(_ codings: [Coding], _ context: HTTPContext) {
    guard context.decoders + codings.count <= context.options.maxDecoders else { return nil }
    context.decoders += codings.count
    self.context = context
    links = codings.reversed().map { Link(coding: $0) }
  }

  deinit { context.decoders -= links.count }

  /// Whether all coded data was whole.
  var isWhole: Bool { !hasFailed && !isStopped && links.allSatisfy { $0.isOver || $0.isBetweenFrames || $0.isSkipped } }

  /// Whether the bytes bear none of the codings, or one of them not.
  var isNothing: Bool { links.allSatisfy(\.isSkipped) }
  var hasSkipped: Bool { links.contains(where: \.isSkipped) }

  /// Decodes what comes next.
  ///
  /// - Parameters:
  ///   - bytes: the coded bytes.
  ///   - emit: takes decoded bytes and answers whether it wants more.
  func decode(_ bytes: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) { push(0, bytes, emit) }

  private func push(_ index: Int, _ bytes: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    guard index < links.count else {
      if !emit(bytes) { isStopped = true }
      return
    }
    if links[index].isSkipped { return push(index + 1, bytes, emit) }
    var position = 0
    if links[index].decoder == nil, !links[index].isOver, !links[index].start.isEmpty || needsStart(index) {
      // Deflate: both bytes are needed to tell the wrapper.
      while position < bytes.count, links[index].start.count < 2 {
        links[index].start.append(bytes[position])
        position += 1
      }
      guard links[index].start.count == 2 else { return }
      let start = links[index].start
      links[index].start = []
      links[index].decoder = Self.isZlib(start) ? ZlibDecoder(.zlib) : ZlibDecoder(.none)
      guard links[index].decoder != nil else { return fail() }
      run(index, start.span, emit)
    }
    // The first bytes may have shown that there is no such coding.
    if links[index].isSkipped { return position < bytes.count ? push(index + 1, bytes.extracting(position...), emit) : () }
    run(index, bytes.extracting(position...), emit)
  }

  private func needsStart(_ index: Int) -> Bool { links[index].coding == .deflate && links[index].framesEnded == 0 }

  /// Whether two bytes are a zlib header (RFC 1950, section 2.2).
  private static func isZlib(_ start: [UInt8]) -> Bool {
    start[0] & 15 == 8 && start[0] >> 4 <= 7 && (Int(start[0]) << 8 | Int(start[1])) % 31 == 0
  }

  private func fail() { hasFailed = true }

  private func run(_ index: Int, _ bytes: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    var position = 0
    var isFull = false
    while position < bytes.count || isFull {
      if hasFailed || isStopped { return }
      if links[index].isOver {
        trailing &+= Int64(bytes.count - position)
        return
      }
      if links[index].decoder == nil {
        guard makeDecoder(index, bytes[position]) else { continue }
      }
      guard let decoder = links[index].decoder else { return fail() }
      // The room of this link is taken out while it is used: the links behind have rooms of their own.
      var room: [UInt8] = []
      swap(&room, &context.scratch[index])
      if room.isEmpty { room = [UInt8](repeating: 0, count: Self.room) }
      var output = room.mutableSpan
      let step = decoder.decode(bytes.extracting(position...), into: &output)
      position += step.consumed
      isFull = step.produced == room.count
      if links[index].framesEnded == 0, links[index].given == 0, links[index].seen.count <= Self.mostSeen {
        links[index].seen.append(bytes.extracting((position - step.consumed)..<position))
      }
      links[index].taken &+= Int64(step.consumed)
      links[index].given &+= Int64(step.produced)
      if step.produced > 0 { links[index].seen = [] }
      if step.produced > 0 { push(index + 1, room.span.extracting(first: step.produced), emit) }
      swap(&room, &context.scratch[index])
      switch step.state {
      case .goesOn: if step.consumed == 0, step.produced == 0 { return fail() }
      case .ended: endFrame(index)
      case .failed where links[index].framesEnded == 0 && links[index].given == 0 && links[index].taken <= Int64(Self.mostSeen):
        return skip(index, bytes.extracting(position...), emit)
      case .failed:
        guard links[index].framesEnded > 0, links[index].given == 0 else { return fail() }
        // No further frame after all: what it took belongs to nothing.
        trailing &+= links[index].taken
        links[index].isOver = true
        isFull = false
      }
      if links[index].decoder == nil { isFull = false }
    }
  }

  /// Bytes that are kept until a decoder gives its first.
  private static let mostSeen = 4 << 10

  /// The bytes are not coded so: all of them go on as they are.
  private func skip(_ index: Int, _ rest: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    let seen = links[index].seen
    links[index].seen = []
    links[index].decoder = nil
    links[index].isSkipped = true
    if !seen.isEmpty { push(index + 1, seen.span, emit) }
    if rest.count > 0 { push(index + 1, rest, emit) }
  }

  private func endFrame(_ index: Int) {
    links[index].decoder = nil
    links[index].framesEnded += 1
    links[index].taken = 0
    links[index].given = 0
    // One stream only.
    if links[index].coding == .brotli || links[index].coding == .deflate { links[index].isOver = true }
  }

  /// Makes the decoder of the next frame; false where the byte begins none.
  private func makeDecoder(_ index: Int, _ first: UInt8) -> Bool {
    let isFirst = links[index].framesEnded == 0
    switch links[index].coding {
    case .gzip where isFirst || first == 0x1f: links[index].decoder = ZlibDecoder(.gzip)
    case .zstd where isFirst || first == 0x28 || first & 0xf0 == 0x50: links[index].decoder = ZstdDecoder()
    case .brotli where isFirst: links[index].decoder = BrotliDecoder()
    case .deflate where isFirst: links[index].decoder = ZlibDecoder(.none)
    default:
      links[index].isOver = true
      return false
    }
    if links[index].decoder == nil { fail() }
    return true
  }
}
