internal import Stages

extension HTTPStage {
  /// Handles the end of a direction in its present state.
  func takeEnd(_ end: StreamEnd, _ direction: Direction) {
    direction.end = end
    let why: Incompleteness = end == .reset ? .reset : .end
    switch direction.state {
    case .detecting, .between, .ignored: break
    case .head:
      direction.counts.unparsed &+= Int64(direction.buffer.count)
      direction.removeBuffer()
    case .longHead: direction.counts.unparsed &+= direction.longHeadLength
    case .fixedBody, .chunkSize, .chunkData, .chunkEnd: endMessage(direction, why)
    // The content is complete; only the trailer section may be cut.
    case .trailers: endMessage(direction, nil)
    case .bodyUntilClose: endMessage(direction, end == .finished ? nil : why)
    case .searching: passOver(direction)
    case .tunnel: tunnel?.end(end, from: direction.sender)
    case .webSocket: direction.webSocket?.finish(why)
    case .http2: http2?.end(end, direction)
    }
    if direction.state != .tunnel { direction.state = .ignored }
  }

  /// Ends what a direction is reading, because another protocol begins.
  func giveUp(_ direction: Direction) {
    switch direction.state {
    case .head: direction.counts.unparsed &+= Int64(direction.buffer.count)
    case .longHead: direction.counts.unparsed &+= direction.longHeadLength
    case .searching: passOver(direction)
    case .fixedBody, .chunkSize, .chunkData, .chunkEnd, .trailers, .bodyUntilClose: endMessage(direction, .framing)
    case .detecting, .between, .tunnel, .webSocket, .http2, .ignored: break
    }
    direction.removeBuffer()
  }

  /// Switches both directions to the protocol that a 101 response accepts.
  func switchProtocol(_ direction: Direction, _ exchange: Exchange, _ message: Message, _ head: Head) {
    message.body = Body(framing: .none)
    exchange.upgrade = head.value(of: "upgrade") ?? []
    direction.message = nil
    direction.exchange = nil
    let name = exchange.upgrade.listElements.first.map(Array.init) ?? []
    let other = self[direction.sender.other]
    other.awaited = nil
    giveUp(other)
    if name.equalsIgnoringCase("websocket") {
      exchange.isWebSocket = true
      let extensions = WebSocketExtensions(head.headers(of: "sec-websocket-extensions"))
      for direction in directions {
        direction.webSocket = WebSocketReader(exchange: exchange.number, isFromClient: isClient(direction), extensions, context, receiver)
        direction.state = .webSocket
      }
    } else if name.equalsIgnoringCase("h2c") {
      let http2 = HTTP2Connection(self, upgraded: exchange)
      self.http2 = http2
      for direction in directions { direction.state = .http2 }
    } else {
      // The exchange ends with the tunnel.
      return openTunnel(exchange)
    }
    message.isOver = true
    report(exchange)
  }

  /// Switches both directions to HTTP/2 if the client's bytes begin with its connection preface.
  func beginHTTP2IfThatIsIt(_ direction: Direction) {
    let text = direction.held.bytes.drop { $0 == 0x0d || $0 == 0x0a }
    guard direction.state == .between, text.starts(with: HTTP2Connection.preface.utf8) else { return }
    http2 = HTTP2Connection(self, upgraded: nil)
    for direction in directions { direction.state = .http2 }
  }
}
