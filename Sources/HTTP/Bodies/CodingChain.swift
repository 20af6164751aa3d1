internal import Compression

/// Decoders of a coded body, one for each coding, the coding that was applied last first.
final class CodingChain {
  /// One coding: the decoder of the current frame (member, stream), and the state of the coded data.
  private struct Link {
    let coding: Coding
    var decoder: (any Decoder)?
    /// Number of bytes that the decoder is counted with.
    var memory = 0
    /// First bytes of deflate data, kept until there are two, which show whether a zlib header precedes the data.
    var start: [UInt8] = []
    var framesEnded = 0
    /// Number of bytes that the current frame consumed, and number of bytes that it produced.
    var taken: Int64 = 0
    var given: Int64 = 0
    /// Whether the coded data ended, so that further bytes are not part of it.
    var isOver = false
    /// Bytes consumed before the first output, kept in case the body is not coded.
    var seen: [UInt8] = []
    /// Whether the body turned out not to have this coding, so that its bytes pass unchanged.
    var isSkipped = false

    /// Whether the coded data is complete if it ends here.
    var isBetweenFrames: Bool { decoder == nil && start.isEmpty && framesEnded > 0 }
  }

  /// Coding that can be decoded.
  enum Coding {
    case gzip, deflate, brotli, zstd

    /// Creates the coding that a name stands for; nil if it cannot be decoded.
    ///
    /// - Parameter name: the name in lower case.
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

  /// Size of the buffer for decoded bytes.
  private static let room = 32 << 10

  private var links: [Link]
  private let context: HTTPContext
  /// Whether the body is not valid data of a coding.
  private(set) var hasFailed = false
  /// Number of bytes after the end of the coded data.
  private(set) var trailing: Int64 = 0
  /// Whether the caller wants no more bytes.
  private var isStopped = false
  /// Whether decoding ended because the decoders of all bodies took too much memory.
  private(set) var lacksMemory = false
  /// Bytes of a body that is in gzip only, kept until the body ends, because decoding it as a whole is twice as fast; nil if the decoders
  /// get them.
  private var kept: [UInt8]?
  /// Maximum number of bytes that are kept of a body, and of all bodies.
  private static let mostKept = 128 << 10
  private static let mostKeptTotal = 16 << 20
  /// Maximum length of content that is decoded as a whole, and length of the pieces in which it is passed on.
  private static let mostWhole = 1 << 20
  private static let piece = 64 << 10

  /// Creates a chain.
  ///
  /// - Parameters:
  ///   - codings: the codings in the order in which they were applied.
  ///   - context: owner of the buffers for decoded bytes.
  init(_ codings: [Coding], _ context: HTTPContext) {
    self.context = context
    links = codings.reversed().map { Link(coding: $0) }
    if case [.gzip] = codings, !context.decodesAtOnce { kept = [] }
  }

  deinit {
    release()
    if let kept { context.takeBackKept(kept) }
  }

  /// Whether the data of every coding is complete.
  var isWhole: Bool { !hasFailed && !isStopped && links.allSatisfy { $0.isOver || $0.isBetweenFrames || $0.isSkipped } }

  /// Whether the body has none of the codings.
  var isNothing: Bool { links.allSatisfy(\.isSkipped) }
  var hasSkipped: Bool { links.contains(where: \.isSkipped) }

  /// Decodes the next bytes.
  ///
  /// - Parameters:
  ///   - bytes: the coded bytes.
  ///   - emit: takes decoded bytes and returns whether it wants more.
  func decode(_ bytes: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    if let count = kept?.count {
      // The buffer belongs to the thread that decodes, which need not be the one that creates the chain.
      if count == 0 { kept = context.lendKept() }
      if count + bytes.count <= Self.mostKept, context.kept + bytes.count <= Self.mostKeptTotal {
        context.kept += bytes.count
        kept?.append(bytes)
        return
      }
      decodeKept(emit)
    }
    push(0, bytes, emit)
    if hasFailed || isStopped { release() }
  }

  /// Releases the decoders, which decode no more.
  func release() {
    for index in links.indices { dropDecoder(index) }
  }

  private func dropDecoder(_ index: Int) {
    links[index].decoder = nil
    count(index)
  }

  /// Counts the memory of a decoder.
  private func count(_ index: Int) {
    let memory = links[index].decoder?.memory ?? 0
    context.decoderMemory += memory - links[index].memory
    links[index].memory = memory
  }

  /// Decodes the bytes that were kept; further bytes are not kept.
  func decodeKept(_ emit: (Span<UInt8>) -> Bool) {
    guard let kept else { return }
    self.kept = nil
    if !kept.isEmpty { push(0, kept.span, emit) }
    context.takeBackKept(kept)
  }

  /// Ends the coded data.
  ///
  /// - Parameters:
  ///   - isWhole: whether the body was received whole.
  ///   - emit: takes decoded bytes and returns whether it wants more.
  func end(isWhole: Bool, _ emit: (Span<UInt8>) -> Bool) {
    guard let kept, isWhole else { return decodeKept(emit) }
    var content: [UInt8] = []
    swap(&content, &context.whole)
    defer { swap(&content, &context.whole) }
    guard let length = context.wholeDecoder?.decode(kept.span, into: &content, most: Self.mostWhole) else { return decodeKept(emit) }
    links[0].isOver = true
    self.kept = nil
    context.takeBackKept(kept)
    var position = 0
    while position < length, !isStopped {
      let end = min(length, position + Self.piece)
      if !emit(content.span.extracting(position..<end)) { isStopped = true }
      position = end
    }
  }

  private func push(_ index: Int, _ bytes: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    guard index < links.count else {
      if !emit(bytes) { isStopped = true }
      return
    }
    if links[index].isSkipped { return push(index + 1, bytes, emit) }
    var position = 0
    if links[index].decoder == nil, !links[index].isOver, !links[index].start.isEmpty || needsStart(index) {
      // Two bytes show whether deflate data has a zlib header.
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
    // The first two bytes may have shown that the body is not coded.
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
      // The buffer is taken out of the context while it is in use. The following codings have their own buffers.
      var room: [UInt8] = []
      swap(&room, &context.scratch[index])
      if room.isEmpty { room = [UInt8](repeating: 0, count: Self.room) }
      var output = room.mutableSpan
      let step = decoder.decode(bytes.extracting(position...), into: &output)
      count(index)
      if context.decoderMemory > context.options.maxDecoderMemory {
        lacksMemory = true
        isStopped = true
      }
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
      // A decoder that filled the buffer may have no more output, and needs input.
      case .goesOn: if step.consumed == 0, step.produced == 0, position < bytes.count { return fail() }
      case .ended: endFrame(index)
      case .failed where links[index].framesEnded == 0 && links[index].given == 0 && links[index].taken <= Int64(Self.mostSeen):
        return skip(index, bytes.extracting(position...), emit)
      case .failed:
        guard links[index].framesEnded > 0, links[index].given == 0 else { return fail() }
        // No further frame begins here: the bytes that the decoder consumed follow the end of the coded data.
        trailing &+= links[index].taken
        links[index].isOver = true
        isFull = false
      }
      if links[index].decoder == nil { isFull = false }
    }
  }

  /// Maximum number of bytes that are kept until a decoder produces output.
  private static let mostSeen = 4 << 10

  /// Removes a coding that the body does not have: all its bytes pass unchanged.
  private func skip(_ index: Int, _ rest: Span<UInt8>, _ emit: (Span<UInt8>) -> Bool) {
    let seen = links[index].seen
    links[index].seen = []
    dropDecoder(index)
    links[index].isSkipped = true
    if !seen.isEmpty { push(index + 1, seen.span, emit) }
    if rest.count > 0 { push(index + 1, rest, emit) }
  }

  private func endFrame(_ index: Int) {
    dropDecoder(index)
    links[index].framesEnded += 1
    links[index].taken = 0
    links[index].given = 0
    // Brotli and deflate data is one stream.
    if links[index].coding == .brotli || links[index].coding == .deflate { links[index].isOver = true }
  }

  /// Creates the decoder of the next frame.
  ///
  /// - Parameters:
  ///   - index: the coding.
  ///   - first: first byte of the frame.
  /// - Returns: false if no frame begins with that byte.
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
