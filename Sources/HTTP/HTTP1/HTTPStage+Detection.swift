internal import Stages

/// Result of examining the first bytes of a direction.
enum Verdict {
  case isHTTP
  /// Not known yet: more bytes are needed.
  case open
  /// Request line of HTTP/0.9, if no other line follows.
  case oldRequest
  case isNone
}

extension HTTPStage {
  /// Maximum number of bytes of a direction that are examined.
  private static let most = 8 << 10

  /// Determines from the waiting bytes whether the connection is HTTP and which end is the client, and begins to read it.
  func detect() {
    if directions.allSatisfy(\.isRefused) { return giveUp() }
    for direction in directions where !direction.isRefused && !direction.held.isEmpty {
      // A response of HTTP/0.9 does not look like HTTP.
      if verdict(self[direction.sender.other], asClient: true) == .oldRequest, direction.held.count < Self.most { continue }
      switch verdict(direction, asClient: true) {
      case .isHTTP: return begin(client: direction.sender)
      case .oldRequest where isAnsweredOtherwise(self[direction.sender.other]): return beginOld(direction)
      case .open, .oldRequest:
        if verdict(direction, asClient: false) == .isHTTP { return begin(client: direction.sender.other) }
        if direction.held.count >= Self.most { refuse(direction) }
      case .isNone:
        switch verdict(direction, asClient: false) {
        case .isHTTP: return begin(client: direction.sender.other)
        case .open, .oldRequest: if direction.held.count >= Self.most { refuse(direction) }
        case .isNone: refuse(direction)
        }
      }
    }
    if directions.allSatisfy(\.isRefused) { giveUp() }
  }

  /// Decides at the end of both directions.
  ///
  /// The connection is HTTP/0.9 if one direction is such a request and the other one has bytes that are no HTTP/1 response. Otherwise it is
  /// not HTTP.
  func settleUndecided() {
    guard !isHTTP, !isNone else { return }
    for direction in directions where verdict(direction, asClient: true) == .oldRequest {
      let other = self[direction.sender.other]
      if other.held.count > 0, verdict(other, asClient: false) != .isHTTP {
        beginOld(direction)
        drain(direction)
        drain(other)
        return
      }
    }
    giveUp()
  }

  private func giveUp() {
    isNone = true
    for direction in directions { discard(direction) }
  }

  private func discard(_ direction: Direction) {
    context.held -= direction.held.count
    direction.counts.unparsed &+= Int64(direction.held.count)
    for item in direction.held.items {
      switch item {
      case .bytes(let count, let offset, _): direction.offset = offset &+ Int64(count)
      case .gap(let offset, let length, _): direction.offset = offset &+ length
      case .end(let end): direction.end = end
      }
    }
    direction.held = HeldBytes()
  }

  /// Rejects the first bytes of a direction; they stay unread, and the rest is searched for a head if the other direction is HTTP.
  private func refuse(_ direction: Direction) {
    discard(direction)
    direction.isRefused = true
    direction.state = .ignored
  }

  private func begin(client: Sender) {
    isHTTP = true
    self.client = client
    for direction in directions {
      if direction.isRefused || direction.isMidstream || hasGapFirst(direction) {
        direction.state = .searching
        // The direction has unread bytes before its first head, which count as a gap of unknown length.
        if direction.gapStart == nil { direction.gapStart = direction.isMidstream ? -1 : direction.offset }
      } else {
        direction.state = .between
      }
    }
    beginHTTP2IfThatIsIt(self[client])
  }

  private func hasGapFirst(_ direction: Direction) -> Bool { if case .gap = direction.held.first { true } else { false } }

  private func beginOld(_ direction: Direction) {
    isHTTP = true
    client = direction.sender
    direction.state = .between
    self[direction.sender.other].state = .between
    isOld = true
  }

  /// Whether the server's bytes are no HTTP/1 response, and either direction has ended or enough bytes are there.
  private func isAnsweredOtherwise(_ server: Direction) -> Bool {
    guard server.held.count >= 5, !server.held.bytes.prefix(5).elementsEqual("HTTP/".utf8) else { return false }
    return self[server.sender.other].hasAll || server.hasAll || server.held.count >= Self.most
  }

  private func verdict(_ direction: Direction, asClient: Bool) -> Verdict {
    let bytes = direction.held.bytes
    if direction.isMidstream || direction.held.items.contains(where: { if case .gap = $0 { true } else { false } }) {
      return HeadSearch.firstHead(in: Array(bytes), isRequest: asClient, isAtEnd: direction.hasAll) != nil ? .isHTTP : .open
    }
    return asClient ? Self.requestVerdict(bytes, isWhole: direction.hasAll) : Self.responseVerdict(bytes)
  }

  static func requestVerdict(_ bytes: ArraySlice<UInt8>, isWhole: Bool) -> Verdict {
    let text = bytes.drop { $0 == 0x0d || $0 == 0x0a }
    if text.isEmpty { return bytes.count > 16 ? .isNone : .open }
    let preface = Array(HTTP2Connection.preface.utf8)
    if text.starts(with: preface) { return .isHTTP }
    let method = text.prefix { $0.isTokenByte || $0 == 0 }
    if method.count > 32 || method.isEmpty { return .isNone }
    guard method.endIndex < text.endIndex else { return .open }
    guard text[method.endIndex] == 0x20 || text[method.endIndex] == 0x09 else { return .isNone }
    guard let end = text.firstIndex(of: 0x0a) else {
      return text.contains { $0 < 0x09 } ? .isNone : .open
    }
    let line = Array(text[..<end])
    guard let request = RequestLine(line), !request.target.isEmpty else { return .isNone }
    if request.version.hasPrefix("1") { return .isHTTP }
    // The preface of HTTP/2 begins with a request line.
    if line.elementsEqual("PRI * HTTP/2.0\r".utf8), preface.starts(with: text) { return .open }
    let isOld =
      method.elementsEqual("GET".utf8) && request.version == "0.9" && request.target.first == 0x2f
      && !request.target.contains(0x20)
    return isOld && text[end...].dropFirst().allSatisfy { $0 == 0x0d || $0 == 0x0a } ? .oldRequest : .isNone
  }

  static func responseVerdict(_ bytes: ArraySlice<UInt8>) -> Verdict {
    let text = bytes.drop { $0 == 0x0d || $0 == 0x0a }
    if text.isEmpty { return bytes.count > 16 ? .isNone : .open }
    let pattern = Array("HTTP/1.".utf8)
    guard text.count > 12 else { return zip(text, pattern).allSatisfy { $0 == $1 } ? .open : .isNone }
    guard text.starts(with: pattern) else { return .isNone }
    let rest = Array(text.dropFirst(pattern.count).prefix(6))
    let isStatus = rest[0].isDigit && rest[1] == 0x20 && rest[2].isDigit && rest[3].isDigit && rest[4].isDigit
    return isStatus && !rest[5].isTokenByte ? .isHTTP : .isNone
  }
}
