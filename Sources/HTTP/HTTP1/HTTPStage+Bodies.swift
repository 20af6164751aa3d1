internal import Stages

extension HTTPStage {
  private static let longestLine = 16 << 10
  private static let longestTrailers = 64 << 10

  /// Reads bytes of a body with Content-Length, or of a chunk.
  ///
  /// - Returns: the number of bytes read.
  func readBody(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    let count = Int(min(Int64(bytes.count), direction.remaining))
    if count > 0 { appendBody(count == bytes.count ? bytes : bytes.extracting(first: count), at: offset, stamp, direction) }
    direction.remaining &-= Int64(count)
    if direction.remaining == 0 { endPiece(direction) }
    return count
  }

  /// Ends a body with Content-Length, or a chunk.
  func endPiece(_ direction: Direction) {
    if direction.state == .chunkData { direction.state = .chunkEnd } else { endMessage(direction, nil) }
  }

  func appendBody(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) {
    direction.counts.bodies &+= Int64(bytes.count)
    direction.message?.endTime = stamp.nanoseconds
    direction.reader?.append(bytes, at: offset, stamp)
    if !direction.disputes.isEmpty { settleDisputes(direction, upTo: offset &+ Int64(bytes.count)) }
  }

  /// Collects a chunk line or the trailer section.
  ///
  /// - Returns: the number of bytes read.
  func readLines(_ bytes: Span<UInt8>, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    if direction.state == .chunkSize, direction.buffer.isEmpty {
      if bytes[0] == 0x0d || bytes[0] == 0x0a || bytes[0].isBlank {
        direction.counts.framing &+= 1
        return 1
      }
      if !direction.hasChunk, bytes[0].hexadecimalValue == nil {
        readUnchunked(direction)
        return 0
      }
    }
    let end = bytes.firstPosition(of: 0x0a, from: 0)
    let count = end.map { $0 + 1 } ?? bytes.count
    direction.counts.framing &+= Int64(count)
    direction.message?.endTime = stamp.nanoseconds
    direction.buffer.append(bytes.extracting(first: count))
    let most = direction.state == .chunkSize ? Self.longestLine : Self.longestTrailers
    if direction.buffer.count > most {
      breakFraming(direction)
    } else if end != nil {
      if direction.state == .chunkSize { endChunkLine(direction) } else { endTrailerLine(direction) }
    }
    return count
  }

  /// Handles a first chunk line that is invalid: the body is framed by Content-Length or the end of the connection.
  private func readUnchunked(_ direction: Direction) {
    direction.message?.note(.badChunkSize)
    let body = direction.message?.body
    if let length = direction.fallbackLength {
      body?.framing = .length
      direction.remaining = length
      direction.state = .fixedBody
      if length == 0 { endMessage(direction, nil) }
    } else if isClient(direction) {
      breakFraming(direction)
    } else {
      body?.framing = .close
      direction.state = .bodyUntilClose
    }
  }

  private func endChunkLine(_ direction: Direction) {
    // The line is not copied out of the buffer, because that would allocate memory for every chunk.
    let count = direction.buffer.count
    if count < 2 || direction.buffer[count - 2] != 0x0d { direction.message?.note(.bareLF) }
    let size = Self.chunkSize(direction.buffer)
    direction.removeBuffer()
    guard let size else { return breakFraming(direction) }
    direction.hasChunk = true
    if size == 0 {
      direction.state = .trailers
    } else {
      direction.remaining = size
      direction.state = .chunkData
    }
  }

  /// Size in a chunk line (RFC 9112, section 7.1); nil if it is invalid.
  static func chunkSize(_ line: [UInt8]) -> Int64? {
    let text = line.dropLast(line.last == 0x0a ? 1 : 0).trimmed
    let digits = text.prefix { $0.hexadecimalValue != nil }
    guard !digits.isEmpty, digits.count <= 16 else { return nil }
    // An extension begins with a semicolon; some senders write blanks or a comma.
    if let next = text[digits.endIndex...].first, next != 0x3b, next != 0x2c, !next.isBlank { return nil }
    var value: UInt64 = 0
    for digit in digits { value = value << 4 | UInt64(digit.hexadecimalValue ?? 0) }
    return Int64(exactly: value)
  }

  /// Handles an invalid chunk size: the body ends, and the next head is searched for.
  private func breakFraming(_ direction: Direction) {
    direction.removeBuffer()
    direction.message?.note(.badChunkSize)
    endMessage(direction, .framing)
    direction.state = .searching
    direction.isPassingSurplus = true
  }

  /// Reads the line end after the data of a chunk; if it is missing, the next chunk line follows directly.
  ///
  /// - Returns: the number of bytes read.
  func readChunkEnd(_ bytes: Span<UInt8>, _ direction: Direction) -> Int {
    let byte = bytes[0]
    guard byte == 0x0d || byte == 0x0a else {
      direction.state = .chunkSize
      return 0
    }
    direction.counts.framing &+= 1
    if byte == 0x0a { direction.state = .chunkSize }
    return 1
  }

  private func endTrailerLine(_ direction: Direction) {
    let isEmpty = direction.buffer[direction.lineStart...].allSatisfy { $0 == 0x0d || $0 == 0x0a }
    direction.lineStart = direction.buffer.count
    guard isEmpty else { return }
    if direction.buffer.count > 2 {
      let section = Head(direction.buffer, maxFields: context.options.maxHeaderLines, hasStartLine: false)
      direction.message?.trailers = section.fields
      if section.hasMoreFields {
        direction.message?.note(.headLimit)
        context.fieldsCut &+= 1
      }
    }
    direction.removeBuffer()
    endMessage(direction, nil)
  }

  /// Ends the current message of a direction.
  ///
  /// - Parameters:
  ///   - direction: the direction.
  ///   - why: reason why the message is incomplete; nil if it was received whole.
  func endMessage(_ direction: Direction, _ why: Incompleteness?) {
    guard let message = direction.message, let exchange = direction.exchange else { return }
    direction.reader?.finish(why)
    if let body = message.body, direction.reader == nil { body.isComplete = why == nil }
    direction.reader = nil
    direction.message = nil
    direction.exchange = nil
    direction.remaining = 0
    direction.state = .between
    message.isOver = true
    report(exchange)
  }

  // MARK: disputes

  private static let mostDisputes = 1_000
  /// Maximum number of unreported exchanges that are searched for disputed bytes.
  private static let mostAsked = 16

  /// Records a dispute in the bodies that are not reported yet, or keeps it until its bytes are read.
  func dispute(_ range: ByteRange, _ direction: Direction) {
    if direction.state == .tunnel, let tunnel { return tunnel.disputed(at: range.offset, length: range.length, from: direction.sender) }
    guard direction.state != .detecting, range.offset < direction.offset else {
      if direction.disputes.count < Self.mostDisputes { direction.disputes.append(range) } else { countUnlisted(range) }
      return
    }
    var isNoted = direction.reader?.dispute(range) ?? false
    let side = isClient(direction) ? MessageSide.request : .response
    for exchange in pending[reported...].suffix(Self.mostAsked) where !exchange.isReported {
      if let reader = exchange[side]?.reader, reader !== direction.reader, reader.dispute(range) { isNoted = true }
    }
    if !isNoted { countUnlisted(range) }
  }

  func countUnlisted(_ range: ByteRange) {
    unlisted.count &+= 1
    unlisted.bytes &+= range.length
  }

  /// Records disputes about bytes before `end`, which have been read, in the body of the current message.
  func settleDisputes(_ direction: Direction, upTo end: Int64) {
    let due = direction.disputes.filter { $0.offset < end }
    guard !due.isEmpty else { return }
    direction.disputes.removeAll { $0.offset &+ $0.length <= end }
    for range in due {
      let read = ByteRange(offset: range.offset, length: min(range.length, end &- range.offset))
      if direction.reader?.dispute(read) != true { countUnlisted(read) }
    }
    for index in direction.disputes.indices where direction.disputes[index].offset < end {
      direction.disputes[index] = ByteRange(
        offset: end, length: direction.disputes[index].offset &+ direction.disputes[index].length &- end)
    }
  }
}
