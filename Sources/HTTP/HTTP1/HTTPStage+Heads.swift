internal import Stages

extension HTTPStage {
  /// Reads line ends between two messages, and begins a head at the first other byte.
  ///
  /// - Returns: the number of bytes read.
  func readBetween(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    var count = 0
    while count < bytes.count, bytes[count] == 0x0d || bytes[count] == 0x0a { count += 1 }
    if isOld, !isClient(direction) {
      beginOldBody(direction, at: offset, stamp)
      return 0
    }
    if count > 0 {
      direction.counts.between &+= Int64(count)
      direction.hasSurplus = true
      return count
    }
    direction.removeBuffer()
    direction.headOffset = offset
    direction.headStamp = stamp
    direction.state = .head
    return 0
  }

  /// Collects the lines of a head.
  ///
  /// - Returns: the number of bytes read.
  func readHead(_ bytes: Span<UInt8>, _ direction: Direction) -> Int {
    if direction.state == .longHead { return skipHead(bytes, direction) }
    if direction.endsWithBlankLine {
      // The line that was taken for the empty line may be followed by the empty line itself.
      direction.endsWithBlankLine = false
      if bytes[0] == 0x0a { direction.buffer.append(0x0a) }
      endHead(direction)
      return bytes[0] == 0x0a ? 1 : 0
    }
    guard let end = bytes.firstPosition(of: 0x0a, from: 0) else {
      direction.buffer.append(bytes)
      checkStart(direction, isLineWhole: false)
      limitHead(direction)
      return bytes.count
    }
    direction.buffer.append(bytes.extracting(...end))
    let line = direction.buffer[direction.lineStart...]
    // After lines that end with a bare LF, a line of one blank counts as the empty line.
    let isEmptyLine = line.count == 1 || line.count == 2 && line.first == 0x0d
    direction.endsWithBlankLine = line.count == 2 && line.first != 0x0d && line.first?.isBlank == true && isBare(direction)
    direction.lineStart = direction.buffer.count
    if !checkStart(direction, isLineWhole: true) { return end + 1 }
    if isEmptyLine || isOld {
      endHead(direction)
    } else {
      limitHead(direction)
    }
    return end + 1
  }

  /// Whether the line before the last one ends with a bare LF.
  private func isBare(_ direction: Direction) -> Bool {
    let end = direction.lineStart - 1
    return end >= 1 && direction.buffer[end] == 0x0a && direction.buffer[end - 1] != 0x0d
  }

  /// Checks whether the buffer begins with a start line; if not, searches it for a head.
  ///
  /// - Returns: whether the buffer may begin with a start line.
  @discardableResult
  private func checkStart(_ direction: Direction, isLineWhole: Bool) -> Bool {
    guard !direction.isStartLineChecked else { return true }
    let isHead: Bool
    if isLineWhole {
      let line = Array(direction.buffer.dropLast())
      direction.isStartLineChecked = true
      isHead = isClient(direction) ? isRequest(line) : StatusLine(line) != nil
    } else if isClient(direction) {
      isHead = direction.buffer.first.map { $0.isTokenByte || $0.isBlank || $0 == 0 } ?? true
    } else {
      let text = direction.buffer.trimmed.prefix(5)
      isHead = zip(text.lowercased, "http/".utf8).allSatisfy { $0 == $1 }
    }
    if isHead { return true }
    let stamp = direction.headStamp
    let bytes = direction.buffer
    direction.removeBuffer()
    direction.state = .searching
    direction.isPassingSurplus = direction.gapStart == nil
    if let stamp { readAll(bytes.span, at: direction.headOffset, stamp, direction) }
    return false
  }

  private func isRequest(_ line: [UInt8]) -> Bool {
    guard let request = RequestLine(line) else { return false }
    return request.version != "0.9" || isOld
  }

  /// Cuts a head that exceeds the limit after its last whole line; the rest is skipped.
  private func limitHead(_ direction: Direction) {
    guard direction.buffer.count > context.options.maxHead, direction.isStartLineChecked else {
      if direction.buffer.count > context.options.maxHead {
        direction.counts.unparsed &+= Int64(direction.buffer.count)
        direction.removeBuffer()
        direction.state = .searching
      }
      return
    }
    direction.state = .longHead
    context.headsCut &+= 1
    direction.longHeadLength = Int64(direction.buffer.count)
    direction.isLineEmpty = direction.lineStart == direction.buffer.count
    direction.buffer.removeSubrange(direction.lineStart...)
  }

  private func skipHead(_ bytes: Span<UInt8>, _ direction: Direction) -> Int {
    for index in bytes.indices {
      if bytes[index] == 0x0a {
        if direction.isLineEmpty {
          direction.longHeadLength &+= Int64(index + 1)
          endHead(direction)
          return index + 1
        }
        direction.isLineEmpty = true
      } else if bytes[index] != 0x0d {
        direction.isLineEmpty = false
      }
    }
    direction.longHeadLength &+= Int64(bytes.count)
    return bytes.count
  }

  /// Parses a complete head and begins its message.
  private func endHead(_ direction: Direction) {
    var head = Head(direction.buffer, maxFields: context.options.maxHeaderLines)
    let isLong = direction.state == .longHead
    let length = isLong ? direction.longHeadLength : Int64(direction.buffer.count)
    direction.state = .between
    if isLong || head.hasMoreFields { head.note(.headLimit) }
    if head.hasMoreFields { context.fieldsCut &+= 1 }
    if direction.hasSurplus { head.note(.surplus) }
    direction.hasSurplus = false
    direction.isPassingSurplus = false
    direction.removeBuffer()
    direction.counts.heads &+= length
    direction.isForced = false
    guard let stamp = direction.headStamp else { return }
    let message = Message(stamp: stamp, offset: direction.headOffset)
    message.headLength = length
    message.headers = head.fields
    head.notes.forEach(message.note)
    direction.message = message
    direction.hasChunk = false
    direction.fallbackLength = head.length
    if isClient(direction) {
      beginRequest(direction, message, head)
    } else {
      beginResponse(direction, message, head)
    }
  }

  // MARK: requests

  private func beginRequest(_ direction: Direction, _ message: Message, _ head: Head) {
    let exchange = Exchange(number: numbers.next(), from: client, enclosure: enclosure)
    exchange.request = message
    exchange.requestGapStart = direction.gapStart
    direction.gapStart = nil
    if let line = RequestLine(head.startLine) {
      exchange.method = line.method
      exchange.target = line.target
      exchange.version = line.version
    }
    name(exchange, head)
    track(exchange)
    open.append(exchange)
    limitOpen()
    direction.exchange = exchange
    frameRequest(direction, message, head)
    let isConnect = exchange.method?.elementsEqual("CONNECT".utf8) == true
    exchange.wantsUpgrade = head.value(of: "upgrade") != nil
    if isConnect || exchange.wantsUpgrade, !isOld { direction.awaited = exchange }
    if direction.state == .between { endMessage(direction, nil) }
  }

  /// Sets host and scheme from the target or the Host field.
  private func name(_ exchange: Exchange, _ head: Head) {
    exchange.scheme = Array((enclosure == .tls ? "https" : "http").utf8)
    let target = exchange.target ?? []
    if let scheme = target.firstIndex(of: "://") {
      exchange.scheme = Array(target[..<scheme])
      exchange.host = Array(target[(scheme + 3)...].prefix { $0 != 0x2f && $0 != 0x3f && $0 != 0x23 })
    }
    if let host = head.value(of: "host"), !host.isEmpty, exchange.host.isEmpty { exchange.host = host }
    if exchange.host.isEmpty, exchange.method?.elementsEqual("CONNECT".utf8) == true { exchange.host = target }
  }

  private func frameRequest(_ direction: Direction, _ message: Message, _ head: Head) {
    // The end of the connection does not frame a request (RFC 9112, section 6.3).
    if head.isChunked {
      if head.length != nil { message.note(.lengthAndChunked) }
      beginBody(direction, message, head, .chunked, .chunkSize)
    } else if let length = head.length {
      direction.remaining = length
      beginBody(direction, message, head, .length, length > 0 ? .fixedBody : .between)
    } else {
      message.body = Body(framing: .none)
      direction.state = .between
    }
  }

  // MARK: responses

  private func beginResponse(_ direction: Direction, _ message: Message, _ head: Head) {
    let line = StatusLine(head.startLine)
    let status = line?.status ?? 0
    if line?.isStrict != true { message.note(.badStartLine) }
    // An interim response does not show whether a response was lost in a gap before it, so `gapStart` is kept.
    if status >= 100, status < 200, status != 101 {
      let interim = Informational(
        status: status, reason: line?.reason ?? [], stamp: message.stamp, offset: message.offset, headers: message.headers)
      if let exchange = answerable(direction, message)?.exchange {
        exchange.informational.append(interim)
      } else {
        strayInformational.append(interim)
      }
      direction.message = nil
      direction.state = .between
      return
    }
    let exchange = pair(direction, message)
    direction.gapStart = nil
    exchange.status = status
    exchange.reason = line?.reason ?? []
    if exchange.request == nil { exchange.version = line?.version ?? "" }
    exchange.informational = exchange.request == nil ? strayInformational : strayInformational + exchange.informational
    strayInformational = []
    direction.exchange = exchange
    frameResponse(direction, exchange, message, head, status)
  }

  private func frameResponse(_ direction: Direction, _ exchange: Exchange, _ message: Message, _ head: Head, _ status: Int) {
    let method = exchange.method ?? []
    // If neither message names another protocol, a 101 is read like any other response.
    if status == 101, head.value(of: "upgrade") != nil || exchange.wantsUpgrade {
      return switchProtocol(direction, exchange, message, head)
    }
    if method.elementsEqual("CONNECT".utf8), status >= 200, status < 300 {
      message.body = Body(framing: .none)
      direction.message = nil
      direction.exchange = nil
      // The exchange ends with the tunnel.
      return openTunnel(exchange)
    }
    let isBodiless = method.elementsEqual("HEAD".utf8) || status == 204 || status == 304
    if isBodiless {
      let body = Body(framing: .none)
      body.declaredLength = head.length
      body.type = head.value(of: "content-type") ?? []
      message.body = body
      direction.state = .between
      endMessage(direction, nil)
    } else if head.isChunked {
      if head.length != nil { message.note(.lengthAndChunked) }
      beginBody(direction, message, head, .chunked, .chunkSize)
    } else if let length = head.length {
      direction.remaining = length
      beginBody(direction, message, head, .length, length > 0 ? .fixedBody : .between)
      if length == 0 { endMessage(direction, nil) }
    } else {
      beginBody(direction, message, head, .close, .bodyUntilClose)
    }
  }

  /// Begins the response of HTTP/0.9, whose body is all that the server sends.
  private func beginOldBody(_ direction: Direction, at offset: Int64, _ stamp: ByteStamp) {
    let message = Message(stamp: stamp, offset: offset)
    direction.message = message
    let exchange = pair(direction, message)
    direction.exchange = exchange
    beginBody(direction, message, Head([], maxFields: 0), .close, .bodyUntilClose)
  }

  private func beginBody(_ direction: Direction, _ message: Message, _ head: Head, _ framing: Framing, _ state: Direction.State) {
    guard let exchange = direction.exchange else { return }
    let body = Body(framing: framing)
    body.declaredLength = head.length
    body.type = head.value(of: "content-type") ?? []
    body.name = head.value(of: "content-disposition").flatMap { FieldParameters($0).decoded("filename", extended: "filename*") } ?? []
    if exchange.status == 206 || message === exchange.request {
      body.contentRange = head.value(of: "content-range").flatMap(ContentRange.init)
    }
    message.body = body
    direction.reader = BodyReader(body, codings: head.codings, of: exchange, isClient(direction) ? .request : .response, context, receiver)
    message.reader = direction.reader
    direction.state = state
  }
}
